//! The container query: `app:shop state:running host:eu-* image~nginx -label.tier:db web`.
//!
//! Terms are separated by spaces and must all hold. `field:value` compares whole values with `*` and `?` as
//! wildcards, `field~value` looks for a part, a leading `-` turns a term round, a bare word looks for a part of
//! the name, image, host, application or service. Values with spaces stand in double quotes. Letters' case
//! does not count. The same text works on the page, in the URL and in the API.

use std::borrow::Cow;
use std::fmt;

/// A field a term can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// The application.
    App,
    /// The service.
    Service,
    /// The host's name.
    Host,
    /// The image.
    Image,
    /// The state, or the word of its tone (`failed`, `good`, …), or its health.
    State,
    /// The container's name.
    Name,
    /// A label by its key.
    Label(String),
    /// Any of the usual fields.
    Any,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Matcher {
    Glob(String),
    Part(String),
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    field: Field,
    matcher: Matcher,
    negated: bool,
}

/// A parsed query: all of its terms must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    terms: Vec<Term>,
}

/// Why a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    /// A field that does not exist.
    #[error("there is no field `{0}`; use app, service, host, image, state, name or label.<key>")]
    UnknownField(String),
    /// A `"` without its partner.
    #[error("a quotation mark is not closed")]
    OpenQuote,
    /// `field:` without a value.
    #[error("`{0}` needs a value")]
    NoValue(String),
    /// More than the query may have.
    #[error("a query has at most 1,000 characters and 32 terms")]
    TooLong,
}

/// Something a query can be asked of.
pub trait Queryable {
    /// Calls `see` with each value the field has.
    fn values(&self, field: &Field, see: &mut dyn FnMut(&str));
}

impl Query {
    /// Reads a query.
    pub fn parse(text: &str) -> Result<Self, InvalidQuery> {
        if text.len() > 1000 {
            return Err(InvalidQuery::TooLong);
        }
        let terms = split(text)?
            .iter()
            .map(|word| term(word))
            .collect::<Result<Vec<_>, _>>()?;
        if terms.len() > 32 {
            return Err(InvalidQuery::TooLong);
        }
        Ok(Self { terms })
    }

    /// Does everything match?
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Do all terms hold?
    pub fn matches(&self, item: &impl Queryable) -> bool {
        self.terms.iter().all(|term| {
            let mut found = false;
            item.values(&term.field, &mut |value| {
                found = found || term.matcher.matches(value);
            });
            found != term.negated
        })
    }
}

impl Matcher {
    fn matches(&self, value: &str) -> bool {
        // Nearly every value is in lower case already, and a list may have 100,000 of them.
        let plain = value.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
        let value = if plain {
            Cow::Borrowed(value)
        } else {
            Cow::Owned(value.to_lowercase())
        };
        match self {
            Self::Glob(pattern) => glob(pattern.as_bytes(), value.as_bytes()),
            Self::Part(part) => value.contains(part.as_str()),
        }
    }
}

/// Whole-value match with `*` and `?`, in time linear in pattern × value.
fn glob(pattern: &[u8], value: &[u8]) -> bool {
    let (mut p, mut v) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while v < value.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, v));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                v += 1;
            }
            Some(c) if *c == value[v] => {
                p += 1;
                v += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    v = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

fn split(text: &str) -> Result<Vec<String>, InvalidQuery> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    let mut any = false;
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                any = true;
            }
            c if c.is_whitespace() && !quoted => {
                if any {
                    words.push(std::mem::take(&mut word));
                    any = false;
                }
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if quoted {
        return Err(InvalidQuery::OpenQuote);
    }
    if any {
        words.push(word);
    }
    Ok(words)
}

fn term(word: &str) -> Result<Term, InvalidQuery> {
    let (negated, word) = match word.strip_prefix('-') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, word),
    };
    let Some(at) = word.find([':', '~']) else {
        return Ok(Term {
            field: Field::Any,
            matcher: Matcher::Part(word.to_lowercase()),
            negated,
        });
    };
    let (name, value) = (&word[..at], word[at + 1..].to_lowercase());
    let field = match name {
        "app" | "application" => Field::App,
        "service" => Field::Service,
        "host" => Field::Host,
        "image" => Field::Image,
        "state" => Field::State,
        "name" => Field::Name,
        other => match other.strip_prefix("label.") {
            Some(key) if !key.is_empty() => Field::Label(key.to_owned()),
            // `nginx:1.25` is what people type for an image.
            _ if other.chars().next().is_some_and(|c| !c.is_ascii_alphabetic())
                || value.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                return Ok(Term {
                    field: Field::Any,
                    matcher: Matcher::Part(word.to_lowercase()),
                    negated,
                });
            }
            _ => return Err(InvalidQuery::UnknownField(other.to_owned())),
        },
    };
    if value.is_empty() {
        return Err(InvalidQuery::NoValue(word.to_owned()));
    }
    let matcher = if word.as_bytes()[at] == b':' {
        Matcher::Glob(value)
    } else {
        Matcher::Part(value)
    };
    Ok(Term {
        field,
        matcher,
        negated,
    })
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => f.write_str("app"),
            Self::Service => f.write_str("service"),
            Self::Host => f.write_str("host"),
            Self::Image => f.write_str("image"),
            Self::State => f.write_str("state"),
            Self::Name => f.write_str("name"),
            Self::Label(key) => write!(f, "label.{key}"),
            Self::Any => f.write_str("any"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Item;

    impl Queryable for Item {
        fn values(&self, field: &Field, see: &mut dyn FnMut(&str)) {
            match field {
                Field::App => see("shop"),
                Field::Service => see("web"),
                Field::Host => see("eu-1"),
                Field::Image => see("registry:5000/nginx:1.25"),
                Field::State => {
                    see("running");
                    see("good");
                }
                Field::Name => see("shop-web-1"),
                Field::Label(key) if key == "tier" => see("front"),
                Field::Label(_) => {}
                Field::Any => {
                    see("shop-web-1");
                    see("registry:5000/nginx:1.25");
                    see("eu-1");
                }
            }
        }
    }

    fn holds(text: &str) -> bool {
        Query::parse(text).unwrap().matches(&Item)
    }

    #[test]
    fn all_terms_must_hold() {
        assert!(holds("app:shop state:running host:eu-* image~nginx"));
        assert!(!holds("app:shop state:exited"));
        assert!(holds(""));
    }

    #[test]
    fn a_colon_compares_whole_values_and_a_tilde_parts() {
        assert!(!holds("image:nginx"));
        assert!(holds("image:*nginx*"));
        assert!(holds("name:shop-???-1"));
        assert!(holds("NAME~WEB".to_lowercase().as_str()));
    }

    #[test]
    fn a_minus_turns_a_term_round() {
        assert!(holds("-state:exited"));
        assert!(!holds("-label.tier:front"));
        assert!(holds("-label.absent:x"));
    }

    #[test]
    fn bare_words_and_image_references_look_everywhere() {
        assert!(holds("nginx"));
        assert!(holds("nginx:1.25"));
        assert!(holds("\"eu-1\""));
        assert!(!holds("postgres"));
    }

    #[test]
    fn wrong_queries_say_what_is_wrong() {
        assert_eq!(
            Query::parse("colour:red"),
            Err(InvalidQuery::UnknownField("colour".into()))
        );
        assert_eq!(Query::parse("app:"), Err(InvalidQuery::NoValue("app:".into())));
        assert_eq!(Query::parse("name:\"x"), Err(InvalidQuery::OpenQuote));
        assert_eq!(Query::parse(&"a ".repeat(33)), Err(InvalidQuery::TooLong));
    }

    #[test]
    fn a_pattern_of_many_stars_ends_quickly() {
        assert!(!glob("*a".repeat(200).as_bytes(), "a".repeat(150).as_bytes()));
    }
}
