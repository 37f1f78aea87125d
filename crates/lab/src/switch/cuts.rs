//! Which ways through a switch are cut, and the rules that do it.

use std::collections::BTreeSet;

use super::Port;

/// One way that frames do not go; a side that is not said is everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    pub(crate) from: Option<Port>,
    pub(crate) to: Option<Port>,
}

impl Way {
    pub(crate) fn touches(&self, port: Port) -> bool {
        self.from == Some(port) || self.to == Some(port)
    }

    /// The rule's words for `ebtables`, after `-A` or `-D`. Rules hold for every bridge, so also between a cable and its
    /// relay. A way between two ports is met at the bridge that has both, whichever interfaces they have there; a way
    /// from or to everybody is met at the host's own end, wherever that is plugged in.
    pub(crate) fn rule(&self) -> Vec<String> {
        let name = |port: Port| match self {
            Way {
                from: Some(_),
                to: Some(_),
            } => port.pattern(),
            _ => port.cable(),
        };
        let mut rule = vec!["FORWARD".to_owned()];
        for (flag, port) in [("-i", self.from), ("-o", self.to)] {
            if let Some(port) = port {
                rule.extend([flag.to_owned(), name(port)]);
            }
        }
        rule.extend(["-j".to_owned(), "DROP".to_owned()]);
        rule
    }
}

/// Every way that is cut.
pub(crate) type Cuts = BTreeSet<Way>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_a_rule() {
        let (a, b) = (Some(Port(1)), Some(Port(2)));
        let rule = |from, to| Way { from, to }.rule().join(" ");
        assert_eq!(rule(a, b), "FORWARD -i p1-+ -o p2-+ -j DROP");
        assert_eq!(rule(None, b), "FORWARD -o p2-a -j DROP");
        assert!(Way { from: None, to: b }.touches(Port(2)) && !Way { from: a, to: b }.touches(Port(3)));
    }
}
