//! The lines a log pane keeps: a bounded number, with those that pass the filter in order.

use std::collections::VecDeque;

use lighthouse_model::log::{Level, LogLine};

/// Lines kept in the page.
pub(crate) const KEPT: usize = 5_000;

/// What stands in a pane's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A line of a container.
    Line(LogLine),
    /// A word of the console's own: a gap, the end of a source.
    Note(String),
}

/// Which lines are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    /// Lines less serious than this are hidden; a line that says nothing counts as ordinary.
    pub(crate) level: Option<Level>,
    /// A part of the text, in lower case; empty shows all.
    pub(crate) text: String,
    /// One source only.
    pub(crate) source: Option<u32>,
}

impl Filter {
    fn shows(&self, entry: &Entry) -> bool {
        let Entry::Line(line) = entry else { return true };
        let level = self
            .level
            .is_none_or(|least| line.level.unwrap_or(Level::Info) >= least);
        let source = self.source.is_none_or(|source| source == line.source);
        let text = self.text.is_empty() || line.text.to_lowercase().contains(&self.text);
        level && source && text
    }
}

/// The lines, and the numbers of those that are shown.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    entries: VecDeque<Entry>,
    /// The number of the first entry; entries are numbered from 0 as they come.
    first: u64,
    shown: VecDeque<u64>,
    filter: Filter,
    /// Lines received in all.
    pub(crate) received: u64,
}

impl Ring {
    /// Adds an entry. Answers how many shown lines left at the front for it.
    pub(crate) fn push(&mut self, entry: Entry) -> usize {
        let number = self.first + self.entries.len() as u64;
        if matches!(entry, Entry::Line(_)) {
            self.received += 1;
        }
        if self.filter.shows(&entry) {
            self.shown.push_back(number);
        }
        self.entries.push_back(entry);
        let mut left = 0;
        while self.entries.len() > KEPT {
            self.entries.pop_front();
            self.first += 1;
            while self.shown.front().is_some_and(|number| *number < self.first) {
                self.shown.pop_front();
                left += 1;
            }
        }
        left
    }

    /// Shows other lines.
    pub(crate) fn filter(&mut self, filter: Filter) {
        self.filter = filter;
        let numbered = (self.first..).zip(&self.entries);
        self.shown = numbered
            .filter(|(_, entry)| self.filter.shows(entry))
            .map(|(number, _)| number)
            .collect();
    }

    /// How many lines are shown.
    pub(crate) fn len(&self) -> usize {
        self.shown.len()
    }

    /// The shown line at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&Entry> {
        let number = *self.shown.get(place)?;
        self.entries.get(usize::try_from(number - self.first).ok()?)
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        let filter = std::mem::take(&mut self.filter);
        *self = Self {
            filter,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use lighthouse_model::log::Output;

    use super::*;

    fn line(source: u32, level: Option<Level>, text: &str) -> Entry {
        Entry::Line(LogLine {
            source,
            at: 0,
            output: Output::Stdout,
            level,
            text: text.into(),
        })
    }

    #[test]
    fn the_oldest_lines_leave_and_are_counted() {
        let mut ring = Ring::default();
        for n in 0..KEPT {
            assert_eq!(ring.push(line(0, None, &n.to_string())), 0);
        }
        assert_eq!(ring.push(line(0, None, "new")), 1);
        assert_eq!(ring.len(), KEPT);
        assert_eq!(ring.at(0), Some(&line(0, None, "1")));
        assert_eq!(ring.received, KEPT as u64 + 1);
    }

    #[test]
    fn a_filter_hides_lines_but_never_notes() {
        let mut ring = Ring::default();
        ring.push(line(0, Some(Level::Debug), "small"));
        ring.push(Entry::Note("3 lines were dropped".into()));
        ring.push(line(1, Some(Level::Error), "Big trouble"));
        ring.filter(Filter {
            level: Some(Level::Warn),
            text: "trouble".into(),
            source: Some(1),
        });
        assert_eq!(ring.len(), 2);
        ring.push(line(1, None, "trouble"));
        assert_eq!(ring.len(), 2);
        ring.filter(Filter::default());
        assert_eq!(ring.len(), 4);
    }
}
