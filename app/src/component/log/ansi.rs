//! ANSI colours become classes; every other escape becomes text that can be seen.

/// How a piece of a line looks. Colours are numbers of the 256-colour palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Look {
    pub(crate) ink: Option<u8>,
    pub(crate) paper: Option<u8>,
    pub(crate) bold: bool,
    pub(crate) dim: bool,
    pub(crate) italic: bool,
    pub(crate) underline: bool,
    pub(crate) inverse: bool,
}

impl Look {
    /// The classes, empty for plain text.
    pub(crate) fn classes(self) -> String {
        let mut classes = String::new();
        let mut add = |class: &str| {
            if !classes.is_empty() {
                classes.push(' ');
            }
            classes.push_str(class);
        };
        if let Some(colour) = self.ink {
            add(&format!("f{colour}"));
        }
        if let Some(colour) = self.paper {
            add(&format!("b{colour}"));
        }
        for (on, class) in [
            (self.bold, "a-bold"),
            (self.dim, "a-dim"),
            (self.italic, "a-italic"),
            (self.underline, "a-underline"),
            (self.inverse, "a-inverse"),
        ] {
            if on {
                add(class);
            }
        }
        classes
    }
}

/// Calls `piece` with each run of text of one look.
pub(crate) fn pieces(line: &str, mut piece: impl FnMut(Look, &str)) {
    let mut look = Look::default();
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(|c: char| c.is_control() && c != '\t') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((parameters, after)) = colour_sequence(rest) {
            if !text.is_empty() {
                piece(look, &text);
                text.clear();
            }
            look = apply(look, parameters);
            rest = after;
        } else {
            let mut chars = rest.chars();
            if let Some(control) = chars.next() {
                text.push(picture(control));
            }
            rest = chars.as_str();
        }
    }
    text.push_str(rest);
    if !text.is_empty() {
        piece(look, &text);
    }
}

/// `ESC [ … m`: its parameters, and what follows.
fn colour_sequence(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix("\u{1b}[")?;
    let end = inside.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
    let after = inside[end..].strip_prefix('m')?;
    Some((&inside[..end], after))
}

fn apply(mut look: Look, parameters: &str) -> Look {
    // Bounded: a sequence of thousands of parameters is not a colour.
    let codes: Vec<u16> = parameters
        .split([';', ':'])
        .take(32)
        .map(|code| code.parse().unwrap_or(0))
        .collect();
    let mut at = 0;
    while let Some(&code) = codes.get(at) {
        at += 1;
        match code {
            0 => look = Look::default(),
            1 => look.bold = true,
            2 => look.dim = true,
            3 => look.italic = true,
            4 => look.underline = true,
            7 => look.inverse = true,
            22 => (look.bold, look.dim) = (false, false),
            23 => look.italic = false,
            24 => look.underline = false,
            27 => look.inverse = false,
            30..=37 => look.ink = u8::try_from(code - 30).ok(),
            40..=47 => look.paper = u8::try_from(code - 40).ok(),
            90..=97 => look.ink = u8::try_from(code - 90 + 8).ok(),
            100..=107 => look.paper = u8::try_from(code - 100 + 8).ok(),
            39 => look.ink = None,
            49 => look.paper = None,
            38 | 48 => {
                let (colour, used) = extended(codes.get(at..).unwrap_or_default());
                at += used;
                if code == 38 {
                    look.ink = colour;
                } else {
                    look.paper = colour;
                }
            }
            _ => {}
        }
    }
    look
}

/// The colour after 38 or 48, and how many numbers it took.
fn extended(codes: &[u16]) -> (Option<u8>, usize) {
    let byte = |code: u16| u8::try_from(code.min(255)).unwrap_or(255);
    match codes {
        [5, colour, ..] => (Some(byte(*colour)), 2),
        [2, red, green, blue, ..] => (Some(nearest(byte(*red), byte(*green), byte(*blue))), 4),
        _ => (None, codes.len()),
    }
}

/// The nearest of the palette's 6×6×6 cube and its greys.
fn nearest(red: u8, green: u8, blue: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |value: u8| {
        let at = STEPS
            .iter()
            .enumerate()
            .min_by_key(|(_, step)| step.abs_diff(value));
        at.map_or(0, |(at, _)| u8::try_from(at).unwrap_or(0))
    };
    let distance = |r: u8, g: u8, b: u8| {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(r, red) + square(g, green) + square(b, blue)
    };
    let (r, g, b) = (step(red), step(green), step(blue));
    let cube = distance(
        STEPS[usize::from(r)],
        STEPS[usize::from(g)],
        STEPS[usize::from(b)],
    );
    let grey = (0..24u8)
        .min_by_key(|n| distance(8 + n * 10, 8 + n * 10, 8 + n * 10))
        .unwrap_or(0);
    let level = 8 + grey * 10;
    if distance(level, level, level) < cube {
        232 + grey
    } else {
        16 + 36 * r + 6 * g + b
    }
}

/// A control character as a picture of it.
fn picture(control: char) -> char {
    match u32::from(control) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ => '\u{fffd}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        pieces(line, |look, text| out.push((look.classes(), text.to_owned())));
        out
    }

    fn told(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn colours_become_classes() {
        assert_eq!(
            read("a\u{1b}[31mred\u{1b}[1;44mboth\u{1b}[0mplain"),
            told(&[("", "a"), ("f1", "red"), ("f1 b4 a-bold", "both"), ("", "plain")])
        );
        assert_eq!(read("\u{1b}[38;5;208mx"), told(&[("f208", "x")]));
        assert_eq!(read("\u{1b}[38;2;255;0;0mx"), told(&[("f196", "x")]));
        assert_eq!(read("\u{1b}[38;2;128;128;128mx"), told(&[("f244", "x")]));
        assert_eq!(read("\u{1b}[97mx\u{1b}[mx"), told(&[("f15", "x"), ("", "x")]));
    }

    #[test]
    fn every_other_escape_can_be_seen() {
        assert_eq!(
            read("\u{1b}]0;title\u{7}\u{1b}[2Jx\r"),
            told(&[("", "␛]0;title␇␛[2Jx␍")])
        );
        assert_eq!(read("\u{1b}[31"), told(&[("", "␛[31")]));
        assert_eq!(read("a\tb"), told(&[("", "a\tb")]));
    }

    #[test]
    fn a_sequence_without_end_costs_little() {
        let line = format!("\u{1b}[{}m!", "38;".repeat(10_000));
        assert_eq!(read(&line).len(), 1);
    }
}
