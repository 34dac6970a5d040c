//! Merge keys: `<<: *base` and `<<: [*first, *second]`.

use std::collections::HashSet;

use super::{Entry, Node, Value};

/// Adds what `source` has and `entries` lacks. What is written out wins; of several sources the first wins.
pub(super) fn into(entries: &mut Vec<Entry>, source: Node) -> Result<(), &'static str> {
    let sources = match source.value {
        Value::List(items) => items,
        Value::Map(_) => vec![source],
        Value::Scalar(_) => return Err(WRONG),
    };
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for source in sources {
        let Value::Map(found) = source.value else {
            return Err(WRONG);
        };
        entries.extend(found.into_iter().filter(|entry| known.insert(entry.key.clone())));
    }
    Ok(())
}

const WRONG: &str = "`<<` needs a map or a list of maps, such as `<<: *base`";
