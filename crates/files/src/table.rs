//! Tables of keys: what a map may hold, and which function reads each key.
//!
//! A key counts as supported only through its reader, so neither the reader nor the page about compatibility, which is
//! printed from the same tables, can claim what is not done.

use crate::code::Code;
use crate::cx::Cx;
use crate::rancher_compose;
use crate::text::{At, Entry, Node, Value};

/// A function that reads one key into what is being put together.
pub(crate) type Reader<T> = fn(&Cx<'_>, &Node, &mut T);

/// One key of a map.
pub(crate) struct Key<T: 'static> {
    /// Its name.
    pub name: &'static str,
    /// What is done with it.
    pub action: Action<T>,
    /// How a value looks, for who wrote another shape.
    pub form: &'static str,
    /// What there is to know about it.
    pub about: &'static str,
    /// The version of Muster that first did it.
    pub since: &'static str,
}

/// The version that every key is of that does not say another.
const FIRST: &str = "0.1";

/// What is done with a key.
pub(crate) enum Action<T: 'static> {
    /// It is acted on.
    Read(Reader<T>),
    /// It is acted on in part; its reader says what is not.
    Partly(Reader<T>),
    /// It is read, checked and kept for a capability that is still to come; `about` says what happens instead.
    Kept(Reader<T>),
    /// It is acted on where files are put together, before anything is read.
    Before,
    /// It is understood and not acted on; `about` says what happens instead.
    Unsupported,
    /// The same, and what is wrong with its value is said all the same.
    Checked(Reader<T>),
    /// It changes nothing here, and nobody needs to be told.
    Nothing,
}

const fn key<T>(name: &'static str, action: Action<T>, form: &'static str, about: &'static str) -> Key<T> {
    Key {
        name,
        action,
        form,
        about,
        since: FIRST,
    }
}

/// A key that is acted on.
pub(crate) const fn read<T>(
    name: &'static str,
    reader: Reader<T>,
    form: &'static str,
    about: &'static str,
) -> Key<T> {
    key(name, Action::Read(reader), form, about)
}

/// A key that is acted on in part.
pub(crate) const fn partly<T>(
    name: &'static str,
    reader: Reader<T>,
    form: &'static str,
    about: &'static str,
) -> Key<T> {
    key(name, Action::Partly(reader), form, about)
}

/// A key that is kept for later.
pub(crate) const fn kept<T>(
    name: &'static str,
    reader: Reader<T>,
    form: &'static str,
    about: &'static str,
) -> Key<T> {
    key(name, Action::Kept(reader), form, about)
}

/// A key that was acted on before.
pub(crate) const fn before<T>(name: &'static str, about: &'static str) -> Key<T> {
    key(name, Action::Before, "", about)
}

/// A key that is understood and not acted on.
pub(crate) const fn unsupported<T>(name: &'static str, about: &'static str) -> Key<T> {
    key(name, Action::Unsupported, "", about)
}

/// A key whose value is checked and not acted on.
pub(crate) const fn checked<T>(
    name: &'static str,
    reader: Reader<T>,
    form: &'static str,
    about: &'static str,
) -> Key<T> {
    key(name, Action::Checked(reader), form, about)
}

/// A key that changes nothing here.
pub(crate) const fn nothing<T>(name: &'static str, about: &'static str) -> Key<T> {
    key(name, Action::Nothing, "", about)
}

/// What stands for unknown keys of a map.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strangers {
    /// They are errors.
    Refused,
    /// They are passed over with a warning, as the tools of the oldest format did.
    PassedOver,
}

/// Reads a map with a table.
pub(crate) fn read_map<T>(cx: &Cx<'_>, node: &Node, table: &'static [Key<T>], out: &mut T) {
    read_map_with(cx, node, &[table], Strangers::Refused, out);
}

/// Reads a map inside of a key that is kept: that its keys are kept goes without saying.
pub(crate) fn read_kept<T>(cx: &Cx<'_>, node: &Node, table: &'static [Key<T>], out: &mut T) {
    read_entries(cx, node, &[table], Strangers::Refused, false, out);
}

/// Says what is no key of a map about which all else is said already.
pub(crate) fn say_strangers<T>(cx: &Cx<'_>, node: &Node, table: &'static [Key<T>]) {
    match &node.value {
        Value::Map(entries) => {
            let known =
                |entry: &&Entry| is_extension(&entry.key) || table.iter().any(|key| key.name == entry.key);
            for entry in entries.iter().filter(|entry| !known(entry)) {
                unknown(cx, entry, &[table], Strangers::Refused);
            }
        }
        Value::Scalar(scalar) if !scalar.known => {}
        Value::Null => {}
        _ => cx.wrong_type(node, "a map"),
    }
}

/// Reads a map with several tables, the first that has a key counting.
pub(crate) fn read_map_with<T>(
    cx: &Cx<'_>,
    node: &Node,
    tables: &[&'static [Key<T>]],
    strangers: Strangers,
    out: &mut T,
) {
    read_entries(cx, node, tables, strangers, true, out);
}

fn read_entries<T>(
    cx: &Cx<'_>,
    node: &Node,
    tables: &[&'static [Key<T>]],
    strangers: Strangers,
    says_kept: bool,
    out: &mut T,
) {
    let entries = match &node.value {
        Value::Map(entries) => entries.as_slice(),
        Value::Null => return,
        Value::Scalar(scalar) if !scalar.known => return,
        _ => return cx.wrong_type(node, "a map"),
    };
    let find = |name: &str| {
        tables
            .iter()
            .flat_map(|table| table.iter())
            .find(|key| key.name == name)
    };
    for entry in entries {
        let Some(key) = find(&entry.key) else {
            if !is_extension(&entry.key) {
                unknown(cx, entry, tables, strangers);
            }
            continue;
        };
        let cx = cx.key_of_form(&entry.key, key.form);
        match key.action {
            Action::Read(_) | Action::Partly(_) | Action::Kept(_) if entry.value.is_null() => {}
            Action::Read(reader) | Action::Partly(reader) => reader(&cx, &entry.value, out),
            Action::Kept(reader) => {
                reader(&cx, &entry.value, out);
                if says_kept && !is_idle(&entry.value) {
                    say_kept(&cx, entry.at, &format!("`{}`", key.name), key.about);
                }
            }
            Action::Unsupported | Action::Checked(_) if is_idle(&entry.value) => {}
            Action::Unsupported | Action::Checked(_) => {
                if let Action::Checked(reader) = key.action {
                    reader(&cx, &entry.value, out);
                }
                cx.advise(
                    Code::Unsupported,
                    entry.at,
                    format!("`{}` is not acted on", key.name),
                    key.about,
                );
            }
            Action::Before | Action::Nothing => {}
        }
    }
}

/// Something is kept for a capability that is still to come.
pub(crate) fn say_kept(cx: &Cx<'_>, at: At, what: &str, about: &str) {
    cx.advise(
        Code::NotActiveYet,
        at,
        format!("{what} is kept and not acted on yet"),
        about,
    );
}

/// Whether a value asks for nothing: nobody needs to hear that an empty list or `false` is not acted on.
fn is_idle(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Scalar(scalar) => scalar.plain && matches!(scalar.text.as_str(), "false" | "no" | "off"),
    }
}

/// Whether a key is of the author's own.
pub(crate) fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

fn unknown<T>(cx: &Cx<'_>, entry: &Entry, tables: &[&'static [Key<T>]], strangers: Strangers) {
    let shown = crate::report::cut(&entry.key, 80);
    let names = tables.iter().flat_map(|table| table.iter()).map(|key| key.name);
    let help = match cx.room.suggest(&entry.key, names) {
        Some(name) => format!("did you mean `{name}`?"),
        None if shown.is_empty() => "remove the lone colon, or write the key before it".to_owned(),
        None => format!("remove it, or call it `x-{shown}` if it is a note of your own"),
    };
    let file = cx.room.report.path(entry.at.file);
    let code = match strangers {
        // Its tool passed over such keys too, at any depth.
        Strangers::Refused if rancher_compose::is_second(&file) => Code::IgnoredKey,
        Strangers::Refused => Code::UnknownKey,
        Strangers::PassedOver => Code::IgnoredKey,
    };
    cx.key(&shown)
        .advise(code, entry.at, format!("`{shown}` is not a key here"), help);
}
