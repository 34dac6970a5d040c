//! A blueprint as the JSON of `docker-compose config --format json`.
//!
//! Two blueprints mean the same when this JSON is the same. It names what is written in the file or implied by
//! it, in the reference's words, so that both sides can be laid beside each other.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::blueprint::Blueprint;
use crate::health::{HealthTest, Healthcheck};
use crate::mount::{Mount, MountSource};
use crate::network::{Attachment, Ipam, Network};
use crate::port::{Exposed, Port, PortMode, Protocol, Published};
use crate::quantity::duration_text;
use crate::resources::{Deploy, Resources};
use crate::service::Service;
use crate::volume::Volume;

/// The whole blueprint under the name of an application.
pub fn blueprint(blueprint: &Blueprint, application: &str) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), json!(application));
    out.insert(
        "services".into(),
        object(blueprint.services.iter().map(|it| (it.name.clone(), service(it)))),
    );
    let networks = blueprint
        .networks
        .iter()
        .map(|it| (it.key.clone(), network(blueprint, application, it)));
    put_filled(&mut out, "networks", object(networks));
    let volumes = blueprint
        .volumes
        .iter()
        .map(|it| (it.key.clone(), volume(blueprint, application, it)));
    put_filled(&mut out, "volumes", object(volumes));
    Value::Object(out)
}

/// One service.
pub fn service(service: &Service) -> Value {
    let mut out = Map::new();
    out.insert("command".into(), json!(service.command));
    out.insert("entrypoint".into(), json!(service.entrypoint));
    put_filled(&mut out, "image", json!(service.image));
    put_filled(&mut out, "environment", json!(service.environment));
    put_filled(&mut out, "ports", service.ports.iter().map(port).collect());
    put_filled(&mut out, "expose", service.expose.iter().map(exposed).collect());
    put_filled(&mut out, "volumes", service.mounts.iter().map(mount).collect());
    put_filled(
        &mut out,
        "tmpfs",
        service
            .tmpfs
            .iter()
            .map(|it| {
                if it.options.is_empty() {
                    json!(it.target)
                } else {
                    json!(format!("{}:{}", it.target, it.options))
                }
            })
            .collect(),
    );
    put_filled(
        &mut out,
        "networks",
        object(
            service
                .networks
                .iter()
                .map(|it| (it.network.clone(), attachment(it))),
        ),
    );
    put(
        &mut out,
        "network_mode",
        service.network_mode.as_ref().map(crate::NetworkMode::as_text),
    );
    put_filled(
        &mut out,
        "depends_on",
        object(service.depends_on.iter().map(|it| {
            let mut entry = json!({ "condition": it.condition.as_str(), "required": it.required });
            if it.restart {
                entry["restart"] = json!(true);
            }
            (it.service.clone(), entry)
        })),
    );
    put(
        &mut out,
        "healthcheck",
        service.healthcheck.as_ref().map(healthcheck),
    );
    put(&mut out, "restart", service.restart.map(crate::Restart::as_text));
    put_filled(&mut out, "labels", json!(service.labels));
    put(&mut out, "user", service.user.as_ref());
    put(&mut out, "working_dir", service.working_dir.as_ref());
    put(&mut out, "hostname", service.hostname.as_ref());
    put(&mut out, "init", service.init);
    put_true(&mut out, "tty", service.tty);
    put_true(&mut out, "stdin_open", service.stdin_open);
    put_true(&mut out, "read_only", service.read_only);
    put_true(&mut out, "privileged", service.privileged);
    put_filled(&mut out, "cap_add", json!(service.cap_add));
    put_filled(&mut out, "cap_drop", json!(service.cap_drop));
    put_filled(
        &mut out,
        "devices",
        service
            .devices
            .iter()
            .map(|it| json!({ "source": it.source, "target": it.target, "permissions": it.permissions }))
            .collect(),
    );
    host(&mut out, service);
    put_filled(&mut out, "dns", json!(service.dns));
    put(&mut out, "stop_signal", service.stop_signal.as_ref());
    put(
        &mut out,
        "stop_grace_period",
        service.stop_grace_period.map(duration_text),
    );
    put(&mut out, "deploy", service.deploy.as_ref().map(deploy));
    put_filled(&mut out, "profiles", json!(service.profiles));
    if let Some(placement) = service.lighthouse.placement {
        out.insert(
            "x-lighthouse".into(),
            json!({ "placement": placement.to_string() }),
        );
    }
    Value::Object(out)
}

/// What a service shares with its host or sets in the kernel.
fn host(out: &mut Map<String, Value>, service: &Service) {
    put(out, "pid", service.pid.as_ref().map(crate::PidMode::as_text));
    put(out, "ipc", service.ipc.as_ref().map(crate::IpcMode::as_text));
    put_filled(out, "security_opt", json!(service.security_opt));
    put_filled(
        out,
        "ulimits",
        object(service.ulimits.iter().map(|(name, it)| {
            let value = if it.soft == it.hard {
                json!(it.soft)
            } else {
                json!({ "soft": it.soft, "hard": it.hard })
            };
            (name.clone(), value)
        })),
    );
    put_filled(out, "sysctls", json!(service.sysctls));
    put(out, "shm_size", service.shm_size.map(|bytes| bytes.to_string()));
    put_filled(
        out,
        "extra_hosts",
        service
            .extra_hosts
            .iter()
            .map(|it| json!(format!("{}={}", it.name, it.address)))
            .collect(),
    );
}

fn port(port: &Port) -> Value {
    let mut out = Map::new();
    put(&mut out, "name", port.name.as_ref());
    out.insert(
        "mode".into(),
        json!(match port.mode {
            PortMode::Ingress => "ingress",
            PortMode::Host => "host",
        }),
    );
    put(&mut out, "host_ip", port.host_ip.map(|ip| ip.to_string()));
    out.insert("target".into(), json!(port.target));
    let published = match port.published {
        Published::Any => None,
        Published::Fixed(number) => Some(number.to_string()),
        Published::Range(first, last) => Some(format!("{first}-{last}")),
    };
    put(&mut out, "published", published);
    out.insert("protocol".into(), json!(port.protocol.as_str()));
    put(&mut out, "app_protocol", port.app_protocol.as_ref());
    Value::Object(out)
}

fn exposed(exposed: &Exposed) -> Value {
    let mut text = exposed.first.to_string();
    if exposed.last != exposed.first {
        text = format!("{text}-{}", exposed.last);
    }
    if exposed.protocol != Protocol::Tcp {
        text = format!("{text}/{}", exposed.protocol.as_str());
    }
    json!(text)
}

fn mount(mount: &Mount) -> Value {
    let mut out = Map::new();
    match &mount.source {
        MountSource::Named {
            volume,
            nocopy,
            subpath,
        } => {
            out.insert("type".into(), json!("volume"));
            out.insert("source".into(), json!(volume));
            let mut options = Map::new();
            put_true(&mut options, "nocopy", *nocopy);
            put(&mut options, "subpath", subpath.as_ref());
            put_filled(&mut out, "volume", Value::Object(options));
        }
        MountSource::Anonymous { nocopy } => {
            out.insert("type".into(), json!("volume"));
            let mut options = Map::new();
            put_true(&mut options, "nocopy", *nocopy);
            put_filled(&mut out, "volume", Value::Object(options));
        }
        MountSource::Bind {
            path,
            propagation,
            create_host_path,
            selinux,
        } => {
            out.insert("type".into(), json!("bind"));
            out.insert("source".into(), json!(path));
            let mut options = Map::new();
            put(&mut options, "propagation", propagation.as_ref());
            put_true(&mut options, "create_host_path", *create_host_path);
            put(&mut options, "selinux", selinux.as_ref());
            put_filled(&mut out, "bind", Value::Object(options));
        }
        MountSource::Tmpfs { size, mode } => {
            out.insert("type".into(), json!("tmpfs"));
            let mut options = Map::new();
            put(&mut options, "size", size.map(|bytes| bytes.to_string()));
            put(&mut options, "mode", *mode);
            put_filled(&mut out, "tmpfs", Value::Object(options));
        }
    }
    out.insert("target".into(), json!(mount.target));
    put_true(&mut out, "read_only", mount.read_only);
    Value::Object(out)
}

fn attachment(it: &Attachment) -> Value {
    let mut out = Map::new();
    put_filled(&mut out, "aliases", json!(it.aliases));
    put(&mut out, "ipv4_address", it.ipv4_address.map(|ip| ip.to_string()));
    put(&mut out, "ipv6_address", it.ipv6_address.map(|ip| ip.to_string()));
    put_filled(&mut out, "link_local_ips", json!(it.link_local_ips));
    put(&mut out, "mac_address", it.mac_address.as_ref());
    put_filled(&mut out, "driver_opts", json!(it.driver_opts));
    put(
        &mut out,
        "priority",
        it.priority.filter(|&priority| priority != 0),
    );
    put(
        &mut out,
        "gw_priority",
        it.gw_priority.filter(|&priority| priority != 0),
    );
    if out.is_empty() {
        Value::Null
    } else {
        Value::Object(out)
    }
}

fn healthcheck(check: &Healthcheck) -> Value {
    let mut out = Map::new();
    put(
        &mut out,
        "test",
        check.test.as_ref().map(|test| match test {
            HealthTest::None => json!(["NONE"]),
            HealthTest::Shell(line) => json!(["CMD-SHELL", line]),
            HealthTest::Command(words) => std::iter::once("CMD")
                .chain(words.iter().map(String::as_str))
                .map(|word| json!(word))
                .collect(),
        }),
    );
    put(&mut out, "interval", check.interval.map(duration_text));
    put(&mut out, "timeout", check.timeout.map(duration_text));
    put(&mut out, "retries", check.retries);
    put(&mut out, "start_period", check.start_period.map(duration_text));
    put(
        &mut out,
        "start_interval",
        check.start_interval.map(duration_text),
    );
    put_true(&mut out, "disable", check.disable);
    Value::Object(out)
}

fn deploy(deploy: &Deploy) -> Value {
    let mut out = Map::new();
    put(&mut out, "replicas", deploy.replicas);
    let mut resources = Map::new();
    put(&mut resources, "limits", deploy.limits.as_ref().map(amounts));
    put(
        &mut resources,
        "reservations",
        deploy.reservations.as_ref().map(amounts),
    );
    out.insert("resources".into(), Value::Object(resources));
    let mut placement = Map::new();
    put_filled(&mut placement, "constraints", json!(deploy.constraint_texts));
    out.insert("placement".into(), Value::Object(placement));
    Value::Object(out)
}

fn amounts(resources: &Resources) -> Value {
    let mut out = Map::new();
    #[expect(
        clippy::cast_precision_loss,
        reason = "a number of processors is far below 2⁵² thousand-millionths"
    )]
    put(
        &mut out,
        "cpus",
        resources.nano_cpus.map(|nanos| nanos as f64 / 1e9),
    );
    put(
        &mut out,
        "memory",
        resources.memory.map(|bytes| bytes.to_string()),
    );
    put(&mut out, "pids", resources.pids);
    Value::Object(out)
}

fn network(blueprint: &Blueprint, application: &str, network: &Network) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), json!(blueprint.network_name(application, network)));
    put(&mut out, "driver", network.driver.as_ref());
    put_filled(&mut out, "driver_opts", json!(network.driver_opts));
    out.insert("ipam".into(), ipam(&network.ipam));
    put_true(&mut out, "external", network.external);
    put_true(&mut out, "internal", network.internal);
    put_true(&mut out, "attachable", network.attachable);
    put_filled(&mut out, "labels", json!(network.labels));
    put(&mut out, "enable_ipv4", network.enable_ipv4);
    put(&mut out, "enable_ipv6", network.enable_ipv6);
    Value::Object(out)
}

fn ipam(ipam: &Ipam) -> Value {
    let mut out = Map::new();
    put(&mut out, "driver", ipam.driver.as_ref());
    let pools = ipam.pools.iter().map(|it| {
        let mut pool = Map::new();
        put(&mut pool, "subnet", it.subnet.as_ref());
        put(&mut pool, "ip_range", it.ip_range.as_ref());
        put(&mut pool, "gateway", it.gateway.map(|ip| ip.to_string()));
        put_filled(&mut pool, "aux_addresses", json!(it.aux_addresses));
        Value::Object(pool)
    });
    put_filled(&mut out, "config", pools.collect());
    put_filled(&mut out, "options", json!(ipam.options));
    Value::Object(out)
}

fn volume(blueprint: &Blueprint, application: &str, volume: &Volume) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), json!(blueprint.volume_name(application, volume)));
    put(&mut out, "driver", volume.driver.as_ref());
    put_filled(&mut out, "driver_opts", json!(volume.driver_opts));
    put_true(&mut out, "external", volume.external);
    put_filled(&mut out, "labels", json!(volume.labels));
    Value::Object(out)
}

fn object(entries: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.collect::<BTreeMap<_, _>>().into_iter().collect())
}

fn put<T: serde::Serialize>(out: &mut Map<String, Value>, key: &str, value: Option<T>) {
    if let Some(value) = value {
        out.insert(key.to_owned(), json!(value));
    }
}

fn put_true(out: &mut Map<String, Value>, key: &str, value: bool) {
    if value {
        out.insert(key.to_owned(), json!(true));
    }
}

/// Leaves out what is empty.
fn put_filled(out: &mut Map<String, Value>, key: &str, value: Value) {
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if !empty {
        out.insert(key.to_owned(), value);
    }
}
