//! Splits a command written as one text into words, by the rules that Compose applies.
//!
//! No shell runs it: quotes and backslashes group words, variables and globs are left alone.

/// A split command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) words: Vec<String>,
    /// The operator at which the reference stops reading, such as `&` or `|`, if there is one.
    pub(crate) cut_at: Option<char>,
}

/// Splits `line`; an error says what is wrong with it.
pub(crate) fn split(line: &str) -> Result<Words, &'static str> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut in_word = false;
    let mut cut_at = None;
    let mut quoting = Quoting::None;
    let mut chars = line.chars();
    while let Some(ch) = chars.next() {
        match (ch, quoting) {
            ('\\', Quoting::None | Quoting::Double | Quoting::Backtick | Quoting::Substitution) => {
                word.push(match chars.next() {
                    None => return Err("it ends in a backslash"),
                    Some('t') => '\t',
                    Some(other) => other,
                });
                in_word = true;
                continue;
            }
            (' ' | '\t' | '\r' | '\n', Quoting::None) => {
                if in_word {
                    words.push(std::mem::take(&mut word));
                    in_word = false;
                }
                continue;
            }
            ('`', Quoting::None) => quoting = Quoting::Backtick,
            ('`', Quoting::Backtick) | (')', Quoting::Substitution) => quoting = Quoting::None,
            (')', Quoting::None) => return Err("a closing bracket has no opening one"),
            ('(', Quoting::None) if word.ends_with('$') => quoting = Quoting::Substitution,
            ('(', Quoting::None) => return Err("an opening bracket stands outside quotes"),
            ('"', Quoting::None) => {
                quoting = Quoting::Double;
                continue;
            }
            ('\'', Quoting::None) => {
                quoting = Quoting::Single;
                continue;
            }
            ('"', Quoting::Double) | ('\'', Quoting::Single) => {
                quoting = Quoting::None;
                in_word = true;
                continue;
            }
            (';' | '&' | '|' | '<' | '>', Quoting::None) => {
                if ch == '>' && word.starts_with(|c: char| c.is_ascii_digit()) {
                    in_word = false;
                }
                cut_at = Some(ch);
                break;
            }
            _ => {}
        }
        word.push(ch);
        in_word = true;
    }
    if in_word {
        words.push(word);
    }
    if quoting != Quoting::None {
        return Err("a quote is never closed");
    }
    Ok(Words { words, cut_at })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    None,
    Single,
    Double,
    Backtick,
    Substitution,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_the_reference_splits_them() {
        for (line, words) in [
            ("", &[][..]),
            ("  a  b ", &["a", "b"]),
            ("a 'b c' \"d e\"", &["a", "b c", "d e"]),
            ("a\\ b", &["a b"]),
            ("'a\\b' \"a\\\"b\"", &["a\\b", "a\"b"]),
            ("g''h '' i", &["gh", "", "i"]),
            ("echo $(a b) `c d`", &["echo", "$(a b)", "`c d`"]),
            ("a\nb", &["a", "b"]),
        ] {
            let expected: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(split(line).map(|split| split.words), Ok(expected), "{line}");
        }
    }

    #[test]
    fn an_operator_ends_the_command_and_is_reported() {
        assert_eq!(
            split("a && b"),
            Ok(Words {
                words: vec!["a".into()],
                cut_at: Some('&')
            })
        );
        assert_eq!(
            split("a 2>b"),
            Ok(Words {
                words: vec!["a".into()],
                cut_at: Some('>')
            })
        );
        assert_eq!(split("'a;b'").map(|split| split.cut_at), Ok(None));
    }

    #[test]
    fn what_is_never_closed_is_an_error() {
        for bad in ["'a", "\"a", "a\\", "`a", "$(a", "(a)", "a)"] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }
}
