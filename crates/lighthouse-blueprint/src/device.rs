//! Devices of the host that a container sees: administrators only.

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::Cursor;
use crate::findings::{Findings, quoted};

/// One device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The path on the host.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// `r`ead, `w`rite, `m`ake node.
    pub permissions: String,
    /// The line that asks for it.
    pub line: u32,
}

/// Reads `devices`.
pub(crate) fn read(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<Device> {
    let items = cursor.items(findings).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let device = if item.is_map() {
                long(item, findings)
            } else {
                short(item, findings)
            }?;
            check(item, device, findings)
        })
        .collect()
}

fn short(item: &Cursor<'_>, findings: &mut Findings) -> Option<Device> {
    let text = item.filled_text(findings)?;
    let (source, target, permissions) = match text.split(':').collect::<Vec<_>>()[..] {
        [source] => (source, source, "rwm"),
        [source, second] if is_permissions(second) => (source, source, second),
        [source, target] => (source, target, "rwm"),
        [source, target, permissions] => (source, target, permissions),
        _ => {
            let message = format!("the device {} has too many colons", quoted(text));
            return item.refuse(Code::InvalidValue, message, findings);
        }
    };
    Some(Device {
        source: source.to_owned(),
        target: target.to_owned(),
        permissions: permissions.to_owned(),
        line: item.at().line,
    })
}

fn long(item: &Cursor<'_>, findings: &mut Findings) -> Option<Device> {
    let (mut source, mut target, mut permissions) = (None, None, None);
    for field in item.fields(findings)? {
        match field.key {
            "source" => source = Some(field.value.filled_text(findings)?.to_owned()),
            "target" => target = Some(field.value.filled_text(findings)?.to_owned()),
            "permissions" => permissions = Some(field.value.filled_text(findings)?.to_owned()),
            _ if field.is_extension() => {}
            _ => field.unknown(&["source", "target", "permissions"], findings),
        }
    }
    let Some(source) = source else {
        return item.refuse(
            Code::Missing,
            "this device has no `source`, the path on the host",
            findings,
        );
    };
    Some(Device {
        target: target.unwrap_or_else(|| source.clone()),
        source,
        permissions: permissions.unwrap_or_else(|| "rwm".into()),
        line: item.at().line,
    })
}

fn check(item: &Cursor<'_>, device: Device, findings: &mut Findings) -> Option<Device> {
    if !device.source.starts_with('/') && device.source.contains('=') {
        let message = format!(
            "{} names a device by kind (CDI), which is not supported; give the path of the device",
            quoted(&device.source)
        );
        return item.refuse(Code::UnsupportedValue, message, findings);
    }
    if !device.source.starts_with('/') || !device.target.starts_with('/') {
        let message = format!("the device {} has to be an absolute path", quoted(&device.source));
        return item.refuse(Code::InvalidValue, message, findings);
    }
    if !is_permissions(&device.permissions) {
        let message = format!(
            "{} has to be made of `r`, `w` and `m`",
            quoted(&device.permissions)
        );
        return item.refuse(Code::InvalidValue, message, findings);
    }
    Some(device)
}

fn is_permissions(text: &str) -> bool {
    !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| matches!(b, b'r' | b'w' | b'm'))
}
