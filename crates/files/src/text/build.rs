//! Puts a parser's events together into a tree: duplicate keys, merge keys, and anchors within a budget.

use std::collections::BTreeMap;
use std::mem;

use super::{At, Entry, Node, Tag, Value};
use crate::code::Code;
use crate::report::Report;

/// Lists and maps in one another. Real files have about ten.
pub(super) const DEPTH_MAX: usize = 64;

/// What a tree may weigh: about a node's size in memory, and its text. Aliases weigh what they stand for, so a file
/// that grows a thousandfold by them is refused before it has grown.
const WEIGHT_MAX: usize = 16 * 1024 * 1024;
const NODE_WEIGHT: usize = 64;

/// A tree being built.
pub(super) struct Builder<'a> {
    report: &'a Report,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Anchor>,
    weight: usize,
    /// The finished tree.
    pub root: Option<Node>,
}

/// A list or map that is still open.
struct Frame {
    at: At,
    tag: Tag,
    anchor: usize,
    weight_before: usize,
    depth_below: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(MapFrame),
}

#[derive(Default)]
struct MapFrame {
    entries: Vec<Entry>,
    places: BTreeMap<String, usize>,
    key: Option<Key>,
    merged: Vec<Node>,
}

/// A key that waits for its value.
enum Key {
    Text(String, At),
    /// `<<`.
    Merge,
    /// Not a text; reported already.
    Bad,
}

struct Anchor {
    node: Node,
    weight: usize,
    depth: usize,
}

/// The tree would be too deep or too large. It was reported.
pub(super) struct Refused;

impl<'a> Builder<'a> {
    pub fn new(report: &'a Report) -> Self {
        Self {
            report,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            weight: 0,
            root: None,
        }
    }

    pub fn open_list(&mut self, at: At, tag: Tag, anchor: usize) -> Result<(), Refused> {
        self.open(at, tag, anchor, Content::List(Vec::new()))
    }

    pub fn open_map(&mut self, at: At, tag: Tag, anchor: usize) -> Result<(), Refused> {
        self.open(at, tag, anchor, Content::Map(MapFrame::default()))
    }

    fn open(&mut self, at: At, tag: Tag, anchor: usize, content: Content) -> Result<(), Refused> {
        self.check_depth(at, 1)?;
        let weight_before = self.weight;
        self.weigh(at, NODE_WEIGHT)?;
        self.frames.push(Frame {
            at,
            tag,
            anchor,
            weight_before,
            depth_below: 0,
            content,
        });
        Ok(())
    }

    pub fn close(&mut self) -> Result<(), Refused> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let value = match frame.content {
            Content::List(items) => Value::List(items),
            Content::Map(map) => Value::Map(self.with_merged(map)),
        };
        let node = Node {
            at: frame.at,
            tag: frame.tag,
            value,
        };
        let depth = frame.depth_below + 1;
        self.remember(frame.anchor, &node, self.weight - frame.weight_before, depth)?;
        self.put(node, depth);
        Ok(())
    }

    pub fn scalar(&mut self, node: Node, anchor: usize) -> Result<(), Refused> {
        let text = match &node.value {
            Value::Scalar(scalar) => scalar.text.len(),
            _ => 0,
        };
        self.weigh(node.at, NODE_WEIGHT + text)?;
        self.remember(anchor, &node, NODE_WEIGHT + text, 0)?;
        self.put(node, 0);
        Ok(())
    }

    pub fn alias(&mut self, at: At, anchor: usize) -> Result<(), Refused> {
        let Some((weight, depth)) = self.anchors.get(&anchor).map(|a| (a.weight, a.depth)) else {
            let message = "this alias stands inside the value that it repeats";
            self.report.advise(
                Code::BadYaml,
                at,
                "",
                message,
                "move the anchor, or write the value out",
            );
            self.put(Node::new(at, Value::Null), 0);
            return Ok(());
        };
        self.check_depth(at, depth)?;
        self.weigh(at, weight)?;
        let Some(node) = self.anchors.get(&anchor).map(|a| a.node.clone()) else {
            return Ok(());
        };
        self.put(node, depth);
        Ok(())
    }

    /// Keeps a copy for aliases. It weighs too: anchors may stand in one another.
    fn remember(&mut self, anchor: usize, node: &Node, weight: usize, depth: usize) -> Result<(), Refused> {
        if anchor > 0 {
            self.weigh(node.at, weight)?;
            let node = node.clone();
            self.anchors.insert(anchor, Anchor { node, weight, depth });
        }
        Ok(())
    }

    fn check_depth(&self, at: At, below: usize) -> Result<(), Refused> {
        if self.frames.len() + below <= DEPTH_MAX {
            return Ok(());
        }
        let message = format!("lists and maps stand more than {DEPTH_MAX} deep in one another here");
        self.report.advise(
            Code::TooDeep,
            at,
            "",
            message,
            "no key needs that; look for brackets that are not closed",
        );
        Err(Refused)
    }

    fn weigh(&mut self, at: At, weight: usize) -> Result<(), Refused> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight <= WEIGHT_MAX {
            return Ok(());
        }
        let message = "the file holds too many values, counting what its aliases (`*name`) repeat";
        self.report
            .advise(Code::TooLarge, at, "", message, "split it, or repeat less");
        Err(Refused)
    }

    /// Gives a finished value to what is open.
    fn put(&mut self, node: Node, depth: usize) {
        let report = self.report;
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return;
        };
        // What a merge key brings stands where the key stands.
        let merged = matches!(&frame.content, Content::Map(map) if matches!(map.key, Some(Key::Merge)));
        frame.depth_below = frame.depth_below.max(depth.saturating_sub(usize::from(merged)));
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map(map) => match map.key.take() {
                None => map.key = Some(as_key(report, node)),
                Some(Key::Bad) => {}
                Some(Key::Merge) => map.merged.push(node),
                Some(Key::Text(key, at)) => {
                    if let Some(twice) = insert(map, key, at, node) {
                        self.say_twice(&twice);
                    }
                }
            },
        }
    }

    fn say_twice(&self, twice: &Twice) {
        if self.report.is_full() {
            return self.report.leave_out();
        }
        let mut path = String::new();
        for frame in &self.frames {
            match &frame.content {
                Content::List(items) => path = format!("{path}[{}]", items.len()),
                Content::Map(MapFrame {
                    key: Some(Key::Text(key, _)),
                    ..
                }) => path = format!("{path}{key}."),
                Content::Map(_) => {}
            }
        }
        let message = format!(
            "the key stands here and on line {} already; this one counts",
            twice.first.line
        );
        let key = format!("{path}{}", twice.key);
        self.report
            .advise(Code::DuplicateKey, twice.at, &key, message, "remove one of them");
    }

    /// The entries of a map with those that its merge keys bring.
    fn with_merged(&self, mut map: MapFrame) -> Vec<Entry> {
        for node in mem::take(&mut map.merged) {
            let sources = match node.value {
                Value::List(items) => items,
                _ => vec![node],
            };
            for source in sources {
                let at = source.at;
                let Value::Map(entries) = source.value else {
                    let message = format!("`<<` takes a map or a list of maps; found {}", source.kind());
                    self.report.advise(
                        Code::WrongType,
                        at,
                        "<<",
                        message,
                        "write it like `<<: *defaults`",
                    );
                    continue;
                };
                for entry in entries {
                    if !map.places.contains_key(&entry.key) {
                        map.places.insert(entry.key.clone(), map.entries.len());
                        map.entries.push(entry);
                    }
                }
            }
        }
        map.entries
    }
}

fn as_key(report: &Report, node: Node) -> Key {
    match node.value {
        Value::Scalar(scalar) if scalar.plain && scalar.text == "<<" => Key::Merge,
        Value::Scalar(scalar) => Key::Text(scalar.text, node.at),
        Value::Null => Key::Text(String::new(), node.at),
        Value::List(_) | Value::Map(_) => {
            let message = format!("a key must be a text; found {}", node.kind());
            let help = "quote it if it begins with `{` or `[`";
            report.advise(Code::BadYaml, node.at, "", message, help);
            Key::Bad
        }
    }
}

/// A key that stands twice in one map.
struct Twice {
    key: String,
    at: At,
    first: At,
}

fn insert(map: &mut MapFrame, key: String, at: At, value: Node) -> Option<Twice> {
    let Some(earlier) = map.places.get(&key).and_then(|place| map.entries.get_mut(*place)) else {
        map.places.insert(key.clone(), map.entries.len());
        map.entries.push(Entry { key, at, value });
        return None;
    };
    let twice = Twice {
        key: key.clone(),
        at,
        first: earlier.at,
    };
    *earlier = Entry { key, at, value };
    Some(twice)
}
