//! Options that hand out the host: they need the administrator role, whichever way a blueprint comes in.
//!
//! The list is made from the typed values, so no spelling of a Compose file gets around it.

use crate::blueprint::Blueprint;
use crate::mount::MountSource;
use crate::namespace::{IpcMode, NetworkMode, PidMode};
use crate::network::Network;
use crate::service::Service;
use crate::volume::Volume;

/// An option that only an administrator may deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedOption {
    /// Where it stands, such as `services.web.privileged`.
    pub path: String,
    /// The option with its value, such as `privileged: true`.
    pub option: String,
    /// What it gives away.
    pub why: &'static str,
    /// The line.
    pub line: u32,
}

/// What a container may do without being given more: the engine's default set.
pub const DEFAULT_CAPABILITIES: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Options of the bridge driver that change nothing outside the network itself.
const HARMLESS_BRIDGE_OPTIONS: [&str; 5] = [
    "com.docker.network.driver.mtu",
    "com.docker.network.bridge.enable_icc",
    "com.docker.network.bridge.enable_ip_masquerade",
    "com.docker.network.bridge.host_binding_ipv4",
    "com.docker.network.container_iface_prefix",
];

impl Blueprint {
    /// Everything in this blueprint that needs the administrator role.
    pub fn reserved_options(&self) -> Vec<ReservedOption> {
        let mut found: Vec<_> = self.services.iter().flat_map(Service::reserved_options).collect();
        found.extend(self.networks.iter().flat_map(of_network));
        found.extend(self.volumes.iter().flat_map(of_volume));
        found
    }
}

impl Service {
    /// Everything in this service that needs the administrator role.
    pub fn reserved_options(&self) -> Vec<ReservedOption> {
        let mut found = Collector {
            service: self,
            found: Vec::new(),
        };
        found.namespaces();
        found.rights();
        found.things_of_the_host();
        found.found
    }
}

struct Collector<'s> {
    service: &'s Service,
    found: Vec<ReservedOption>,
}

impl Collector<'_> {
    fn add(&mut self, key: &str, option: String, why: &'static str) {
        let line = self.service.lines.get(key).copied().unwrap_or(self.service.line);
        self.add_at(key, option, why, line);
    }

    fn add_at(&mut self, key: &str, option: String, why: &'static str, line: u32) {
        let path = format!("services.{}.{key}", self.service.name);
        self.found.push(ReservedOption {
            path,
            option,
            why,
            line,
        });
    }

    fn namespaces(&mut self) {
        if let Some(mode @ (NetworkMode::Host | NetworkMode::Container(_))) = &self.service.network_mode {
            let option = format!("network_mode: {}", mode.as_text());
            self.add(
                "network_mode",
                option,
                "it gives the network of the host or of a foreign container",
            );
        }
        if let Some(mode @ (PidMode::Host | PidMode::Container(_))) = &self.service.pid {
            let option = format!("pid: {}", mode.as_text());
            self.add(
                "pid",
                option,
                "it gives the processes of the host or of a foreign container",
            );
        }
        if let Some(mode @ (IpcMode::Host | IpcMode::Container(_))) = &self.service.ipc {
            let option = format!("ipc: {}", mode.as_text());
            self.add(
                "ipc",
                option,
                "it gives the shared memory of the host or of a foreign container",
            );
        }
    }

    fn rights(&mut self) {
        if self.service.privileged {
            self.add(
                "privileged",
                "privileged: true".into(),
                "it gives every right on the host",
            );
        }
        for capability in &self.service.cap_add {
            let plain = capability.to_ascii_uppercase();
            let plain = plain.strip_prefix("CAP_").unwrap_or(&plain);
            if !DEFAULT_CAPABILITIES.contains(&plain) {
                let option = format!("cap_add: {capability}");
                self.add(
                    "cap_add",
                    option,
                    "it gives a right beyond the engine's default set",
                );
            }
        }
        for option in &self.service.security_opt {
            let harmless = matches!(
                option.as_str(),
                "no-new-privileges" | "no-new-privileges:true" | "no-new-privileges=true"
            );
            if !harmless {
                let option = format!("security_opt: {option}");
                self.add(
                    "security_opt",
                    option,
                    "it changes how the container is fenced in",
                );
            }
        }
        for name in self.service.sysctls.keys() {
            if !is_namespaced(name) {
                let option = format!("sysctls: {name}");
                self.add("sysctls", option, "it is a setting of the whole host");
            }
        }
    }

    fn things_of_the_host(&mut self) {
        for device in &self.service.devices {
            let option = format!("devices: {}", device.source);
            self.add_at("devices", option, "it gives a device of the host", device.line);
        }
        for mount in &self.service.mounts {
            if let MountSource::Bind { path, .. } = &mount.source {
                let option = format!("volumes: {path}:{}", mount.target);
                self.add_at("volumes", option, "it gives files of the host", mount.line);
            }
        }
    }
}

/// Kernel parameters that each container has for itself.
fn is_namespaced(name: &str) -> bool {
    name.starts_with("net.")
        || name.starts_with("fs.mqueue.")
        || matches!(
            name,
            "kernel.msgmax"
                | "kernel.msgmnb"
                | "kernel.msgmni"
                | "kernel.sem"
                | "kernel.shmall"
                | "kernel.shmmax"
                | "kernel.shmmni"
                | "kernel.shm_rmid_forced"
        )
}

fn of_network(network: &Network) -> Vec<ReservedOption> {
    let mut found = Vec::new();
    let mut add = |key: &str, option: String, why| {
        let path = format!("networks.{}.{key}", network.key);
        found.push(ReservedOption {
            path,
            option,
            why,
            line: network.line,
        });
    };
    let name = network
        .name
        .as_deref()
        .or(network.external.then_some(network.key.as_str()));
    if name == Some("host") {
        add("name", "name: host".into(), "it gives the network of the host");
    }
    if let Some(driver) = network.driver.as_deref()
        && !matches!(driver, "bridge" | "overlay" | "default" | "null" | "none")
    {
        add(
            "driver",
            format!("driver: {driver}"),
            "it gives a network interface of the host",
        );
    }
    if let Some(driver) = network.ipam.driver.as_deref()
        && driver != "default"
    {
        add(
            "ipam",
            format!("ipam: {{driver: {driver}}}"),
            "it runs a plugin of the host",
        );
    }
    for (name, value) in &network.driver_opts {
        if !HARMLESS_BRIDGE_OPTIONS.contains(&name.as_str()) {
            let option = format!("driver_opts: {name}={value}");
            add("driver_opts", option, "it changes the network of the host");
        }
    }
    found
}

fn of_volume(volume: &Volume) -> Vec<ReservedOption> {
    let mut found = Vec::new();
    let mut add = |key: &str, option: String, why| {
        let path = format!("volumes.{}.{key}", volume.key);
        found.push(ReservedOption {
            path,
            option,
            why,
            line: volume.line,
        });
    };
    if let Some(driver) = volume.driver.as_deref()
        && driver != "local"
    {
        add(
            "driver",
            format!("driver: {driver}"),
            "it runs a plugin of the host",
        );
    }
    let in_memory = volume.driver_opts.get("type").is_some_and(|kind| kind == "tmpfs");
    if !volume.driver_opts.is_empty() && !in_memory {
        let device = volume.driver_opts.get("device").map_or("", String::as_str);
        add(
            "driver_opts",
            format!("driver_opts: device={device}"),
            "it mounts something of the host's choosing",
        );
    }
    found
}
