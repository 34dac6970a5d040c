//! Merge keys: `<<: *base` and `<<: [*first, *second]`.

use super::{Entry, Node, Value};

/// Adds what `source` has and `entries` lacks. What is written out wins; of several sources the first wins.
pub(super) fn into(entries: &mut Vec<Entry>, source: Node) -> Result<(), &'static str> {
    match source.value {
        Value::Map(found) => {
            add(entries, found);
            Ok(())
        }
        Value::List(items) => {
            for item in items {
                let Value::Map(found) = item.value else {
                    return Err(WRONG);
                };
                add(entries, found);
            }
            Ok(())
        }
        Value::Scalar(_) => Err(WRONG),
    }
}

const WRONG: &str = "`<<` needs a map or a list of maps, such as `<<: *base`";

fn add(entries: &mut Vec<Entry>, found: Vec<Entry>) {
    let known: std::collections::HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    entries.extend(found.into_iter().filter(|entry| !known.contains(&entry.key)));
}
