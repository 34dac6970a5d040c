//! Keys of the Compose Specification that Lighthouse does not carry out, and what to do instead.

/// What to say about a key of a service; `None` for a key that the Specification does not know either.
pub(crate) fn unsupported_in_service(key: &str) -> Option<&'static str> {
    Some(match key {
        "build" => {
            "is not carried out: Lighthouse deploys images; build it first, push it to a registry and name \
                    it with `image`"
        }
        "container_name" => {
            "is not carried out: every replica on every host needs a name of its own, which is \
                             application, service and number; use `hostname` or a network alias to be found by name"
        }
        "configs" | "secrets" => {
            "are not supported yet; pass values with `environment` or keep files in a named volume"
        }
        "links" | "external_links" => {
            "are not carried out: services on one network find each other by name; use \
                                       `networks` with `aliases`"
        }
        "extends" => {
            "is not carried out: a blueprint is one file; use a YAML anchor and a merge key (`<<: *base`)"
        }
        "scale" => "is not carried out: write `deploy: {replicas: …}`",
        "mem_limit" | "memswap_limit" | "mem_reservation" | "mem_swappiness" => {
            "is not carried out: write `deploy: {resources: {limits: {memory: …}}}` or `reservations`"
        }
        "cpus" | "cpu_count" | "cpu_percent" | "cpu_shares" | "cpu_period" | "cpu_quota"
        | "cpu_rt_runtime" | "cpu_rt_period" | "cpuset" => {
            "is not carried out: write `deploy: {resources: {limits: {cpus: …}}}`"
        }
        "pids_limit" => "is not carried out: write `deploy: {resources: {limits: {pids: …}}}`",
        "volumes_from" => "is not carried out: give both services the same named volume",
        "logging" => "is not supported yet: Lighthouse reads the log of every instance through its engine",
        "pull_policy" | "pull_refresh_after" => {
            "is not carried out: a deployment always resolves the image first"
        }
        "platform" => {
            "is not supported yet; choose hosts with `deploy: {placement: {constraints: [node.platform.arch == …]}}`"
        }
        "develop" | "attach" | "provider" | "models" => {
            "is not carried out: it concerns work on one's own machine"
        }
        "gpus"
        | "runtime"
        | "device_cgroup_rules"
        | "use_api_socket"
        | "credential_spec"
        | "isolation"
        | "annotations"
        | "blkio_config"
        | "cgroup"
        | "cgroup_parent"
        | "dns_opt"
        | "dns_search"
        | "domainname"
        | "group_add"
        | "label_file"
        | "mac_address"
        | "oom_kill_disable"
        | "oom_score_adj"
        | "post_start"
        | "pre_start"
        | "pre_stop"
        | "storage_opt"
        | "userns_mode"
        | "uts"
        | "log_driver"
        | "log_opt" => "is not supported yet",
        _ => return None,
    })
}

/// What to say about a key of the document.
pub(crate) fn unsupported_at_top(key: &str) -> Option<&'static str> {
    Some(match key {
        "configs" | "secrets" => {
            "are not supported yet; pass values with `environment` or keep files in a named volume"
        }
        "include" => "is not carried out: a blueprint is one file",
        "models" => "are not carried out",
        _ => return None,
    })
}

/// The keys of a service.
pub(crate) const SERVICE_KEYS: [&str; 42] = [
    "image",
    "command",
    "entrypoint",
    "environment",
    "env_file",
    "ports",
    "expose",
    "volumes",
    "tmpfs",
    "networks",
    "network_mode",
    "depends_on",
    "healthcheck",
    "restart",
    "labels",
    "user",
    "working_dir",
    "hostname",
    "init",
    "tty",
    "stdin_open",
    "read_only",
    "cap_add",
    "cap_drop",
    "privileged",
    "devices",
    "pid",
    "ipc",
    "security_opt",
    "ulimits",
    "sysctls",
    "shm_size",
    "extra_hosts",
    "dns",
    "stop_signal",
    "stop_grace_period",
    "deploy",
    "profiles",
    "x-lighthouse",
    "build",
    "secrets",
    "configs",
];

/// The keys of the document.
pub(crate) const TOP_KEYS: [&str; 5] = ["name", "version", "services", "networks", "volumes"];
