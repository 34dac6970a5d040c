//! A YAML document as a tree in which every value knows its place.
//!
//! Built from parser events under a budget: depth, number of values and the growth of aliases are bounded while
//! the text is read, so a small text cannot become a large tree. Aliases are unfolded and merge keys (`<<`)
//! resolved here; nothing above this module sees them.

mod merge;

use std::collections::HashMap;

use lighthouse_model::diagnostic::DiagnosticCode as Code;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use crate::findings::{Findings, Mark, quoted};
use crate::limits::{MAX_ALIASED, MAX_DEPTH, MAX_KEY, MAX_NODES};
use crate::scalar::{Meaning, meaning_of_plain};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Mark,
    pub(crate) value: Value,
    /// How many values hang below this one, itself included.
    size: usize,
    /// How many levels hang below this one.
    height: usize,
    /// How many bytes of text it holds, its keys included.
    bytes: usize,
}

impl Node {
    fn of_scalar(at: Mark, scalar: Scalar) -> Self {
        Self {
            at,
            size: 1,
            height: 0,
            bytes: scalar.text.len(),
            value: Value::Scalar(scalar),
        }
    }
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A single value: its text and its meaning.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) meaning: Meaning,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: Mark,
    pub(crate) node: Node,
}

/// Reading stops at the first of these: what follows it cannot be trusted.
struct Stop;

/// Reads one document. `None` means that it is broken and `findings` says how.
pub(crate) fn parse(text: &str, findings: &mut Findings) -> Option<Node> {
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        findings,
        anchors: HashMap::new(),
        nodes: 0,
        aliased: 0,
        last: Mark::START,
    };
    builder.document().ok().flatten()
}

struct Builder<'t, 'f> {
    parser: Parser<'t, StrInput<'t>>,
    findings: &'f mut Findings,
    /// Finished values by the number of their anchor.
    anchors: HashMap<usize, Node>,
    nodes: usize,
    /// Bytes that aliases have added.
    aliased: usize,
    last: Mark,
}

impl<'t> Builder<'t, '_> {
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut root = None;
        loop {
            let (event, at) = self.event()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if root.is_some() => {
                    return self.stop(
                        Code::UnsupportedValue,
                        at,
                        "a second document begins here (`---`); a blueprint is one document",
                    );
                }
                Event::DocumentStart(_) => {
                    let (event, at) = self.event()?;
                    root = Some(self.node(event, at, 0)?);
                }
                _ => {}
            }
        }
        if root.is_none() {
            return self.stop(
                Code::Missing,
                Mark::START,
                "the blueprint is empty; it needs `services:` with at least one service",
            );
        }
        Ok(root)
    }

    fn event(&mut self) -> Result<(Event<'t>, Mark), Stop> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                let at = mark_of(&span);
                self.last = at;
                Ok((event, at))
            }
            Some(Err(error)) => {
                let (at, message) = describe(&error);
                self.stop(Code::Syntax, at, message)
            }
            None => Ok((Event::StreamEnd, self.last)),
        }
    }

    fn node(&mut self, event: Event<'t>, at: Mark, depth: usize) -> Result<Node, Stop> {
        if depth > MAX_DEPTH {
            return self.stop(
                Code::Limit,
                at,
                format!("lists and maps are nested more than {MAX_DEPTH} levels deep here"),
            );
        }
        self.count(1, at)?;
        let (anchor, node) = match event {
            Event::Alias(anchor) => return self.alias(anchor, at, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = self.scalar(&text, style, tag.as_deref(), at)?;
                (anchor, Node::of_scalar(at, scalar))
            }
            Event::SequenceStart(anchor, tag) => {
                self.collection_tag(tag.as_deref(), "seq", at)?;
                (anchor, self.list(at, depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                self.collection_tag(tag.as_deref(), "map", at)?;
                (anchor, self.map(at, depth)?)
            }
            _ => return self.stop(Code::Syntax, at, "a value is missing here"),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, at: Mark, depth: usize) -> Result<Node, Stop> {
        let mut items = Vec::new();
        let (mut size, mut height, mut bytes) = (1, 0, 0);
        loop {
            let (event, item_at) = self.event()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(Node {
                    at,
                    value: Value::List(items),
                    size,
                    height,
                    bytes,
                });
            }
            let item = self.node(event, item_at, depth + 1)?;
            size += item.size;
            height = height.max(item.height + 1);
            bytes += item.bytes;
            items.push(item);
        }
    }

    fn map(&mut self, at: Mark, depth: usize) -> Result<Node, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Mark> = HashMap::new();
        let mut merged: Option<(Mark, Node)> = None;
        loop {
            let (event, key_at) = self.event()?;
            let (key, is_merge) = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, anchor, tag) => {
                    self.count(1, key_at)?;
                    let is_merge = text == "<<" && style == ScalarStyle::Plain && tag.is_none();
                    let scalar = self.scalar(&text, style, tag.as_deref(), key_at)?;
                    if scalar.meaning != Meaning::Text {
                        let shown = quoted(&text);
                        return self.stop(
                            Code::WrongType,
                            key_at,
                            format!("the key {shown} is not text; write it in quotes"),
                        );
                    }
                    if anchor > 0 {
                        self.anchors
                            .insert(anchor, Node::of_scalar(key_at, scalar.clone()));
                    }
                    (scalar.text, is_merge)
                }
                Event::Alias(anchor) => match self.alias(anchor, key_at, depth)?.value {
                    Value::Scalar(Scalar {
                        text,
                        meaning: Meaning::Text,
                    }) => (text, false),
                    _ => return self.stop(Code::WrongType, key_at, "a key has to be text"),
                },
                _ => {
                    return self.stop(
                        Code::WrongType,
                        key_at,
                        "a key has to be text, not a list or a map",
                    );
                }
            };
            if key.len() > MAX_KEY {
                return self.stop(
                    Code::Limit,
                    key_at,
                    format!("this key is longer than {MAX_KEY} bytes"),
                );
            }
            if let Some(first) = seen.insert(key.clone(), key_at) {
                let shown = quoted(&key);
                return self.stop(
                    Code::Duplicate,
                    key_at,
                    format!(
                        "{shown} is already there on line {}; a key can stand only once",
                        first.line
                    ),
                );
            }
            let (event, value_at) = self.event()?;
            let value = self.node(event, value_at, depth + 1)?;
            if is_merge {
                merged = Some((key_at, value));
            } else {
                entries.push(Entry {
                    key,
                    at: key_at,
                    node: value,
                });
            }
        }
        if let Some((merge_at, source)) = merged {
            merge::into(&mut entries, source)
                .or_else(|message| self.stop(Code::WrongType, merge_at, message))?;
        }
        let size = 1 + entries.iter().map(|entry| entry.node.size + 1).sum::<usize>();
        let height = entries
            .iter()
            .map(|entry| entry.node.height + 1)
            .max()
            .unwrap_or(0);
        let bytes = entries
            .iter()
            .map(|entry| entry.key.len() + entry.node.bytes)
            .sum();
        Ok(Node {
            at,
            value: Value::Map(entries),
            size,
            height,
            bytes,
        })
    }

    fn alias(&mut self, anchor: usize, at: Mark, depth: usize) -> Result<Node, Stop> {
        let Some(target) = self.anchors.get(&anchor) else {
            return self.stop(
                Code::InvalidValue,
                at,
                "this alias refers to a value that contains it",
            );
        };
        let (size, height, bytes) = (target.size, target.height, target.bytes);
        if depth + height > MAX_DEPTH {
            return self.stop(
                Code::Limit,
                at,
                format!("with this alias, lists and maps are nested more than {MAX_DEPTH} levels deep"),
            );
        }
        self.count(size, at)?;
        self.aliased = self.aliased.saturating_add(bytes);
        if self.aliased > MAX_ALIASED {
            return self.stop(
                Code::Limit,
                at,
                format!("aliases add more than {} MiB of text", MAX_ALIASED >> 20),
            );
        }
        match self.anchors.get(&anchor) {
            Some(target) => Ok(target.clone()),
            None => Err(Stop),
        }
    }

    fn count(&mut self, more: usize, at: Mark) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > MAX_NODES {
            return self.stop(
                Code::Limit,
                at,
                format!("with its aliases unfolded the blueprint has more than {MAX_NODES} values"),
            );
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: Mark,
    ) -> Result<Scalar, Stop> {
        let meaning = match tag {
            None if style == ScalarStyle::Plain => meaning_of_plain(text),
            None => Meaning::Text,
            Some(tag) if tag.is_yaml_core_schema() => {
                let meaning = meaning_of_plain(text);
                match (tag.suffix.as_str(), meaning) {
                    ("str", _) => Meaning::Text,
                    ("null", meaning @ Meaning::Null)
                    | ("bool", meaning @ Meaning::Bool(_))
                    | ("int", meaning @ Meaning::Integer(_))
                    | ("float", meaning @ (Meaning::Float(_) | Meaning::Integer(_))) => meaning,
                    _ => return self.foreign_tag(tag, at),
                }
            }
            Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => Meaning::Text,
            Some(tag) => return self.foreign_tag(tag, at),
        };
        if text.contains('\0') {
            return self.stop(Code::InvalidValue, at, "a NUL character can stand in no value");
        }
        let text = match &meaning {
            Meaning::Null => String::new(),
            Meaning::Bool(value) => value.to_string(),
            Meaning::Integer(value) => value.to_string(),
            Meaning::Float(value) => crate::scalar::float_text(*value),
            Meaning::Text => text.to_owned(),
        };
        Ok(Scalar { text, meaning })
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, suffix: &str, at: Mark) -> Result<(), Stop> {
        match tag {
            None => Ok(()),
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == suffix => Ok(()),
            Some(tag) => self.foreign_tag(tag, at),
        }
    }

    fn foreign_tag<T>(&mut self, tag: &Tag, at: Mark) -> Result<T, Stop> {
        let shown = quoted(&tag.to_string());
        let message = match tag.suffix.as_str() {
            "reset" | "override" => {
                format!("the tag {shown} changes another file, and a blueprint is one file")
            }
            _ => format!("the tag {shown} does not fit this value"),
        };
        self.stop(Code::UnsupportedValue, at, message)
    }

    fn stop<T>(&mut self, code: Code, at: Mark, message: impl Into<String>) -> Result<T, Stop> {
        self.findings.error(code, at, "", message);
        Err(Stop)
    }
}

fn mark_of(span: &Span) -> Mark {
    Mark {
        line: clamp(span.start.line()),
        column: clamp(span.start.col() + 1),
    }
}

fn describe(error: &ScanError) -> (Mark, String) {
    let marker = error.marker();
    let at = Mark {
        line: clamp(marker.line()).max(1),
        column: clamp(marker.col() + 1),
    };
    let words = match error.info() {
        "simple key expect ':'" => "a word just before this place has no `:`; `key: value` was expected",
        other => other,
    };
    (at, format!("this is not valid YAML: {words}"))
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
