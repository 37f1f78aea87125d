//! The comments of a file, by the line that they belong to. Reading needs none; who writes a file anew keeps them.

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Parser};

/// The comments of one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Comments {
    above: BTreeMap<u32, Vec<String>>,
    beside: BTreeMap<u32, String>,
    below: Vec<String>,
}

impl Comments {
    /// Of a file that can be read; of others as far as they can.
    pub fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            max_buffered_comment_events: usize::MAX,
        };
        let (mut lines, mut found) = (BTreeSet::new(), Vec::new());
        for (event, span) in Parser::new_from_str_with_options(&text, options).map_while(Result::ok) {
            let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
            match event {
                Event::Comment(text, _) => found.push((line, text.trim_end().to_owned())),
                Event::Scalar(..) | Event::Alias(_) | Event::UnresolvedAlias(_) => drop(lines.insert(line)),
                Event::SequenceStart(..) | Event::MappingStart(..) => drop(lines.insert(line)),
                _ => {}
            }
        }
        Self::placed(&lines, found)
    }

    fn placed(lines: &BTreeSet<u32>, found: Vec<(u32, String)>) -> Self {
        let mut comments = Self::default();
        for (line, text) in found {
            if lines.contains(&line) {
                comments.beside.insert(line, text);
            } else if let Some(next) = lines.range(line..).next() {
                comments.above.entry(*next).or_default().push(text);
            } else {
                comments.below.push(text);
            }
        }
        comments
    }

    /// Those that stand above what begins on a line; each is given once.
    pub fn above(&mut self, line: u32) -> Vec<String> {
        self.above.remove(&line).unwrap_or_default()
    }

    /// That which stands behind what is on a line; given once.
    pub fn beside(&mut self, line: u32) -> Option<String> {
        self.beside.remove(&line)
    }

    /// Those at the end of the file.
    pub fn below(&mut self) -> Vec<String> {
        std::mem::take(&mut self.below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_belong_to_the_line_they_explain() {
        let text = "# top\n\na: 1 # one\n# about b\n# in two lines\nb:\n  # inner\n  - c # two\n  - |\n    # text\n# end\n";
        let mut comments = Comments::of(text.as_bytes());
        assert_eq!(comments.above(3), [" top"]);
        assert_eq!(comments.beside(3).as_deref(), Some(" one"));
        assert_eq!(comments.above(6), [" about b", " in two lines"]);
        assert_eq!(comments.above(8), [" inner"]);
        assert_eq!(comments.beside(8).as_deref(), Some(" two"));
        assert_eq!(comments.below(), [" end"]);
        assert_eq!(comments, Comments::default());
    }

    #[test]
    fn many_comments_are_no_error() {
        let text = "# x\n".repeat(1_000) + "a: 1\n";
        assert_eq!(Comments::of(text.as_bytes()).above(1_001).len(), 1_000);
    }
}
