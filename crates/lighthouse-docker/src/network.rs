//! Networks.

use std::collections::BTreeMap;

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use lighthouse_core::engine::{NetworkSpec, ObjectName, ObjectSummary};
use serde::{Deserialize, Serialize};

use crate::lenient::or_default;

/// The label by which a network is known to be made by the same step.
pub(crate) const NONCE: &str = "io.lighthouse.nonce";

/// The body of a creation.
///
/// Before API 1.44 an engine makes two networks of one name unless it is told to look; bollard no longer knows
/// that field.
#[derive(Debug, Serialize)]
pub(crate) struct Creation {
    #[serde(flatten)]
    request: NetworkCreateRequest,
    #[serde(rename = "CheckDuplicate")]
    check_duplicate: bool,
}

impl Creation {
    pub(crate) fn new(name: &ObjectName, spec: &NetworkSpec) -> Self {
        let subnets: Vec<_> = spec
            .subnets
            .iter()
            .map(|(subnet, gateway, range)| IpamConfig {
                subnet: Some(subnet.clone()),
                gateway: gateway.clone(),
                ip_range: range.clone(),
                auxiliary_addresses: None,
            })
            .collect();
        let six = spec.subnets.iter().any(|(subnet, ..)| subnet.contains(':'));
        let driver = if spec.driver.is_empty() {
            "bridge"
        } else {
            &spec.driver
        };
        Self {
            request: NetworkCreateRequest {
                name: name.to_string(),
                driver: Some(driver.to_owned()),
                internal: Some(spec.internal),
                enable_ipv6: six.then_some(true),
                ipam: (!subnets.is_empty()).then(|| Ipam {
                    config: Some(subnets),
                    ..Ipam::default()
                }),
                options: Some(spec.options.clone().into_iter().collect()),
                labels: Some(spec.labels.clone().into_iter().collect()),
                ..NetworkCreateRequest::default()
            },
            check_duplicate: true,
        }
    }
}

/// One line of `/networks`, as far as it is used.
#[derive(Debug, Deserialize)]
pub(crate) struct ListedNetwork {
    #[serde(default, rename = "Id", deserialize_with = "or_default")]
    pub(crate) id: String,
    #[serde(default, rename = "Name", deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(default, rename = "Labels", deserialize_with = "or_default")]
    pub(crate) labels: BTreeMap<String, String>,
}

impl From<ListedNetwork> for ObjectSummary {
    fn from(network: ListedNetwork) -> Self {
        Self {
            id: network.id,
            name: network.name,
            labels: network.labels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_told_to_look_for_the_same_name() {
        let creation = Creation::new(&"shop".parse().unwrap(), &NetworkSpec::default());
        let json = serde_json::to_value(&creation).unwrap();
        assert_eq!(json["CheckDuplicate"], true);
        assert_eq!(json["Name"], "shop");
        assert_eq!(json["Driver"], "bridge");
    }
}
