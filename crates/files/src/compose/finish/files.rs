//! The secrets and configs that a service sees as files.

use std::collections::BTreeMap;

use muster_model::desired::FileMount;
use muster_model::{Digest, Name};

use super::Finish;
use crate::code::Code;
use crate::compose::blobs::{Source, section_name};
use crate::compose::draft::{FileRef, ServiceDraft};
use crate::compose::service::{say_twice, target_of};
use crate::cx::Cx;
use crate::draft::{BlobDraft, External};
use crate::text::At;

impl Finish<'_> {
    /// The files that a service sees; of two at one path, the later one.
    pub(super) fn files(&mut self, cx: &Cx<'_>, service: &Name, draft: &ServiceDraft) -> Vec<FileMount> {
        let mut files: Vec<FileMount> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for reference in &draft.files {
            let Some(file) = self.file(cx, service, reference) else {
                continue;
            };
            if let Some(earlier) = places.get(&file.target).and_then(|place| files.get_mut(*place)) {
                say_twice(
                    &cx.key(section_name(file.secret)),
                    reference.source.at,
                    &file.target,
                );
                *earlier = file;
            } else {
                places.insert(file.target.clone(), files.len());
                files.push(file);
            }
        }
        files
    }

    fn file(&mut self, cx: &Cx<'_>, service: &Name, file: &FileRef) -> Option<FileMount> {
        let (section, at) = (section_name(file.secret), file.source.at);
        let declared = if file.secret {
            &self.sections.secrets
        } else {
            &self.sections.configs
        };
        let cx = cx.key(section);
        let shown = crate::report::cut(&file.source.name, 80);
        let Some((name, source)) = declared.get_key_value(file.source.name.as_str()) else {
            let help = match cx
                .room
                .suggest(&file.source.name, declared.keys().map(Name::as_str))
            {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("add it under the root's `{section}:`, with `file:` or `external: true`"),
            };
            cx.advise(
                Code::Undefined,
                at,
                format!("`{shown}` is not declared under `{section}:`"),
                help,
            );
            return None;
        };
        Some(FileMount {
            name: name.clone(),
            secret: file.secret,
            target: target(&cx, at, file, name)?,
            digest: self.placeholder(service, name, file.secret, source)?,
            uid: file.uid,
            gid: file.gid,
            mode: file.mode,
        })
    }

    /// The digest that stands for a content until it is sealed.
    fn placeholder(&mut self, service: &Name, name: &Name, secret: bool, source: &Source) -> Option<Digest> {
        let digest = Digest::of(format!("{}/{name}", section_name(secret)).as_bytes());
        match source {
            Source::Unknown => return None,
            Source::Content(bytes) => {
                let draft = || BlobDraft {
                    name: name.clone(),
                    secret,
                    bytes: bytes.clone(),
                };
                self.stack.contents.entry(digest).or_insert_with(draft);
            }
            Source::External(external) => {
                let external = || External {
                    service: service.clone(),
                    secret,
                    name: external.clone(),
                };
                self.stack.externals.entry(digest).or_insert_with(external);
            }
        }
        Some(digest)
    }
}

/// Where a file is seen: secrets under `/run/secrets/`, configs at the root.
fn target(cx: &Cx<'_>, at: At, file: &FileRef, name: &Name) -> Option<String> {
    let directory = if file.secret { "/run/secrets" } else { "" };
    match &file.target {
        None => Some(format!("{directory}/{name}")),
        Some(target) if target.starts_with('/') => target_of(cx, at, target),
        Some(target) => target_of(cx, at, &format!("{directory}/{target}")),
    }
}
