//! One server leads: what a server decides after another was elected does not land. Read from what the store took, whatever
//! any server thinks of itself.

use muster_model::Document as _;
use muster_model::assigned::Leader;
use muster_model::document::Record;
use muster_store::{Commit, Write};

use crate::link::Life;

/// What only a leader writes begins with this; its page itself is how it is elected.
const DECISIONS: &str = "assigned/";

/// Who was elected last.
#[derive(Debug, Default)]
pub struct Leads {
    elected: Option<(Life, u32)>,
}

impl Leads {
    /// The store took a commit of a server's own, of that life of it. Says what is wrong with that.
    pub fn landed(&mut self, by: Life, commit: &Commit) -> Option<String> {
        let page = commit.writes.iter().find_map(page);
        match (page, self.elected) {
            (Some(page), Some(before)) if !follows((by, page.epoch), before) => {
                return Some(format!(
                    "{} leads after {}",
                    told(by, page.epoch),
                    told(before.0, before.1)
                ));
            }
            (Some(page), _) => self.elected = Some((by, page.epoch)),
            (None, _) => {}
        }
        let decided = commit.writes.iter().map(Write::key).find(|key| {
            let key = key.as_str();
            key.starts_with(DECISIONS) && !key.starts_with(Leader::PREFIX)
        })?;
        match self.elected {
            Some((leads, _)) if leads == by => None,
            Some((leads, epoch)) => Some(format!(
                "server {}, life {} wrote {decided} while {} led",
                by.of + 1,
                by.number,
                told(leads, epoch)
            )),
            None => Some(format!("{decided} was written before anybody was elected")),
        }
    }
}

/// Elections are numbered upwards; a leader may write its own page again.
fn follows(page: (Life, u32), before: (Life, u32)) -> bool {
    page.1 > before.1 || page == before
}

fn page(write: &Write) -> Option<Leader> {
    let Write::Put { key, value, .. } = write else {
        return None;
    };
    match Record::decode(key.as_str(), value) {
        Ok(Record::Leader(leader)) => Some(leader),
        _ => None,
    }
}

fn told(server: Life, epoch: u32) -> String {
    format!("server {}, life {}, epoch {epoch}", server.of + 1, server.number)
}
