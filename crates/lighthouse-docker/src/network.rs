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
            .map(|subnet| IpamConfig {
                subnet: Some(subnet.range.clone()),
                gateway: subnet.gateway.clone(),
                ip_range: subnet.given_out.clone(),
                auxiliary_addresses: (!subnet.taken.is_empty())
                    .then(|| subnet.taken.clone().into_iter().collect()),
            })
            .collect();
        let six = spec.subnets.iter().any(|subnet| subnet.range.contains(':'));
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let ipam = Ipam {
            driver: filled(&spec.address_driver),
            config: (!subnets.is_empty()).then_some(subnets),
            options: (!spec.address_options.is_empty())
                .then(|| spec.address_options.clone().into_iter().collect()),
        };
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
                attachable: spec.attachable.then_some(true),
                enable_ipv6: spec.ipv6.or(six.then_some(true)),
                ipam: (ipam != Ipam::default()).then_some(ipam),
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
    use lighthouse_core::engine::Subnet;

    use super::*;

    #[test]
    fn the_engine_is_told_to_look_for_the_same_name() {
        let creation = Creation::new(&"shop".parse().unwrap(), &NetworkSpec::default());
        let json = serde_json::to_value(&creation).unwrap();
        assert_eq!(json["CheckDuplicate"], true);
        assert_eq!(json["Name"], "shop");
        assert_eq!(json["Driver"], "bridge");
        assert!(
            json.get("IPAM").is_none() && json.get("EnableIPv6").is_none(),
            "{json}"
        );
    }

    #[test]
    fn everything_about_addresses_reaches_the_engine() {
        let taken = BTreeMap::from([("router".to_owned(), "172.28.5.1".to_owned())]);
        let spec = NetworkSpec {
            attachable: true,
            ipv6: Some(true),
            subnets: vec![Subnet {
                range: "172.28.0.0/16".into(),
                gateway: Some("172.28.0.1".into()),
                given_out: Some("172.28.5.0/24".into()),
                taken,
            }],
            address_driver: "default".into(),
            address_options: BTreeMap::from([("foo".to_owned(), "bar".to_owned())]),
            ..NetworkSpec::default()
        };
        let creation = Creation::new(&"shop".parse().unwrap(), &spec);
        let json = serde_json::to_value(&creation).unwrap();
        assert_eq!(json["Attachable"], true);
        assert_eq!(json["EnableIPv6"], true);
        let expected = serde_json::json!({
            "Driver": "default",
            "Options": {"foo": "bar"},
            "Config": [{
                "Subnet": "172.28.0.0/16",
                "Gateway": "172.28.0.1",
                "IPRange": "172.28.5.0/24",
                "AuxiliaryAddresses": {"router": "172.28.5.1"},
            }],
        });
        assert_eq!(json["IPAM"], expected);
    }
}
