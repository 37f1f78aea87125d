//! What one reading knows and collects: the project, its variables, the files it names, the remarks.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use muster_model::limits::REVISION_BYTES_MAX;

use crate::code::Code;
use crate::cx::Cx;
use crate::path;
use crate::project::{Project, Reference, ReferenceKind};
use crate::report::Report;
use crate::suggest::suggest;
use crate::text::At;

/// The surroundings of one reading.
pub(crate) struct Room<'a> {
    pub project: &'a Project,
    pub report: Report,
    /// Files are to be written anew: variables, `extends` and `include` stay as they stand.
    pub as_written: bool,
    /// Directory of the first source.
    pub root: String,
    /// Variables from files of variables.
    pub from_files: BTreeMap<String, String>,
    /// What the files ask of whoever deploys, with defaults.
    pub questions: BTreeMap<String, Option<String>>,
    asked: RefCell<BTreeSet<String>>,
    named: RefCell<BTreeMap<(String, ReferenceKind), Reference>>,
    unset: RefCell<BTreeSet<String>>,
    bases: RefCell<BTreeMap<u16, String>>,
    spent: Cell<usize>,
    kept: Cell<usize>,
    compared: Cell<usize>,
}

/// What a compose file that another one names weighs at least: many small ones take time too.
pub(crate) const FILE_WEIGHT: usize = 4 * 1024;

/// Names that are compared with words that are none.
const COMPARED_MAX: usize = 20_000;

/// What variables, files of variables, `extends` and merges may grow a project to. Real ones stay far below a megabyte.
pub(crate) const GROWTH_MAX: usize = 10 * 1024 * 1024;

impl<'a> Room<'a> {
    pub fn new(project: &'a Project, offline: bool) -> Self {
        let first = project.sources.first().map_or("", |source| source.path.as_str());
        Self {
            project,
            report: Report::new(offline),
            as_written: false,
            root: path::tidy(path::directory(first)),
            from_files: BTreeMap::new(),
            questions: BTreeMap::new(),
            asked: RefCell::default(),
            named: RefCell::default(),
            unset: RefCell::default(),
            bases: RefCell::default(),
            spent: Cell::default(),
            kept: Cell::default(),
            compared: Cell::default(),
        }
    }

    /// The value of a variable: from whoever deploys, from the project's files of variables, from `extra`, from an
    /// answer's default.
    pub fn variable(&self, name: &str, extra: &[&BTreeMap<String, String>]) -> Option<String> {
        if !self.asked.borrow().contains(name) {
            self.asked.borrow_mut().insert(name.to_owned());
        }
        let given = self.project.variables.get(name);
        let value = given
            .or_else(|| self.from_files.get(name))
            .or_else(|| extra.iter().find_map(|extra| extra.get(name)));
        value
            .or_else(|| self.questions.get(name)?.as_ref())
            .cloned()
            .or_else(|| {
                let stack = self.project.name.as_ref()?;
                (name == "COMPOSE_PROJECT_NAME").then(|| stack.to_string())
            })
    }

    /// A variable without value and default was asked for. It is said once, at the first place.
    pub fn say_unset(&self, at: At, key: &str, name: &str) {
        if !self.unset.borrow_mut().insert(name.to_owned()) {
            return;
        }
        let message = format!("the variable `{name}` is not set");
        let help = if self.questions.contains_key(name) {
            format!("the files ask whoever deploys for it: set `{name}` in `.env` or in the environment")
        } else {
            format!("set it in `.env` or in the environment, or give it a default: `${{{name}:-…}}`")
        };
        self.report.advise(Code::UnsetVariable, at, key, message, help);
    }

    /// A variable that the files demand has no value; `reason` is theirs.
    pub fn say_demanded(&self, at: At, key: &str, name: &str, reason: &str) {
        let colon = if reason.is_empty() { "" } else { ": " };
        let message = format!("the variable `{name}` must be set{colon}{reason}");
        self.report.advise(
            Code::RequiredVariable,
            at,
            key,
            message,
            "set it in `.env` or in the environment",
        );
    }

    /// Where relative paths of a file start: beside it, or at the project's directory for the sources.
    pub fn base(&self, file: u16) -> String {
        if let Some(base) = self.bases.borrow().get(&file) {
            return base.clone();
        }
        let is_source = usize::from(file) < self.project.sources.len();
        if is_source {
            self.root.clone()
        } else {
            path::tidy(path::directory(&self.report.path(file)))
        }
    }

    /// Where relative host paths of a file start on the hosts. None if they do not have the project's directory, the
    /// file lies outside of it, or nothing is known of hosts.
    pub fn directory_on_hosts(&self, file: u16) -> Option<String> {
        let directory = self
            .project
            .directory
            .as_ref()
            .filter(|_| !self.report.offline())?;
        let base = self.base(file);
        let below = if self.root.is_empty() {
            Some(base.as_str())
        } else {
            base.strip_prefix(&self.root)
        };
        let below = below.filter(|_| path::is_inside(&self.root, &base))?;
        Some(path::join(directory, below.trim_start_matches('/')))
    }

    /// The content of a file that was given, by its number.
    pub fn bytes(&self, file: u16) -> Option<&'a [u8]> {
        match self.project.sources.get(usize::from(file)) {
            Some(source) => Some(&source.bytes),
            None => self
                .project
                .support
                .get(&self.report.path(file))
                .map(Vec::as_slice),
        }
    }

    /// Relative paths of a file start at `base`.
    pub fn set_base(&self, file: u16, base: String) {
        self.bases.borrow_mut().insert(file, base);
    }

    /// Whether a reading has grown too much already.
    pub fn is_spent(&self) -> bool {
        self.spent.get() > GROWTH_MAX
    }

    /// Counts bytes that a reading grows by. False once they are too many; that is said.
    pub fn spend(&self, cx: &Cx<'_>, at: At, bytes: usize) -> bool {
        self.spend_for(at, bytes, || cx.path())
    }

    /// The same for a key that is only put together if it is needed.
    pub fn spend_for(&self, at: At, bytes: usize, key: impl FnOnce() -> String) -> bool {
        let before = self.spent.get();
        self.spent.set(before.saturating_add(bytes));
        if self.is_spent() && before <= GROWTH_MAX {
            let message =
                "variables, files, `extends` or `include` make the project larger than any real one here";
            self.report
                .advise(Code::TooLarge, at, &key(), message, "repeat less");
        }
        !self.is_spent()
    }

    /// Counts bytes of secrets and configs. False once a revision cannot hold them; that is said.
    pub fn keep(&self, cx: &Cx<'_>, at: At, bytes: usize) -> bool {
        let before = self.kept.get();
        self.kept.set(before.saturating_add(bytes));
        let fits = self.kept.get() <= REVISION_BYTES_MAX;
        if !fits && before <= REVISION_BYTES_MAX {
            let may = REVISION_BYTES_MAX >> 20;
            let message = format!("secrets and configs have more than {may} MiB together here");
            cx.advise(
                Code::TooLarge,
                at,
                message,
                "keep large data in a volume or in the image",
            );
        }
        fits
    }

    /// What a word that is none of `names` is likely to mean. A file of mistakes alone gets no more such help after
    /// the first ones.
    pub fn suggest<'n>(&self, word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
        let compared = &self.compared;
        suggest(
            word,
            names.into_iter().take_while(|_| {
                compared.set(compared.get().saturating_add(1));
                compared.get() <= COMPARED_MAX
            }),
        )
    }

    /// Notes that a file is named, and gives its content if it came along. `path` is as [`path::join`] makes it.
    pub fn named(&self, path: &str, kind: ReferenceKind, required: bool) -> Option<&'a [u8]> {
        let mut named = self.named.borrow_mut();
        let reference = named.entry((path.to_owned(), kind)).or_insert_with(|| Reference {
            path: path.to_owned(),
            kind,
            required,
            outside: !path::is_inside(&self.root, path),
        });
        reference.required |= required;
        self.project.support.get(path).map(Vec::as_slice)
    }

    /// The same, with a remark if a file that must be there is not.
    pub fn file(
        &self,
        cx: &Cx<'_>,
        at: At,
        written: &str,
        kind: ReferenceKind,
        required: bool,
    ) -> Option<(String, &'a [u8])> {
        let path = path::join(&self.base(at.file), written);
        let content = self.named(&path, kind, required);
        if content.is_none() && required {
            let message = format!("the file `{path}` is not there");
            cx.advise(
                Code::MissingFile,
                at,
                message,
                "make it, or mend the path; it is looked for beside the file that names it",
            );
        }
        content.map(|content| (path, content))
    }

    /// Files that were named, by path.
    pub fn into_references(self) -> Vec<Reference> {
        self.named.into_inner().into_values().collect()
    }

    /// Variables that were asked for.
    pub fn into_variables(self) -> BTreeSet<String> {
        self.asked.into_inner()
    }
}
