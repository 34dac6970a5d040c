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
                    Some('n') => '\n',
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
