//! The kinds of remarks, each with a name that never changes.

use muster_model::Severity::{self, Error, Note, Unsupported, Warning};

macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $offline:ident $meaning:literal,)*) => {
        /// A kind of remark.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// All of them, in the order people read about them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How bad it is when something is about to be deployed.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => $severity,)* }
            }

            /// How bad it is when a file is only looked at.
            pub const fn severity_offline(self) -> Severity {
                match self { $(Self::$variant => $offline,)* }
            }

            /// What it says about a file.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    NotText "not-text" Error Error "The file is not UTF-8 text.",
    TooLarge "too-large" Error Error "The file, or what it expands to, is larger than any real one.",
    TooDeep "too-deep" Error Error "Lists, maps or variables stand too deep in one another.",
    TooMany "too-many" Error Error "More services, ports or files than a stack may have.",
    BadYaml "bad-yaml" Error Error "The text is not YAML, or not one document.",
    DuplicateKey "duplicate-key" Warning Warning "A key stands twice in one map, or a path is mounted twice; the last one counts.",
    UnknownTag "unknown-tag" Warning Warning "A YAML tag that means nothing here.",
    WrongType "wrong-type" Error Error "A list, map or single value where another shape belongs.",
    BadValue "bad-value" Error Error "A value that the key cannot have.",
    BadName "bad-name" Error Error "A name with characters or a length that names do not have.",
    Missing "missing-key" Error Error "A key without which the rest means nothing.",
    UnknownKey "unknown-key" Error Error "A key that no Compose format has: mostly a typing mistake.",
    IgnoredKey "ignored-key" Warning Warning "The same in a file of the oldest format or in a `rancher-compose.yml`, whose tools passed over such keys.",
    BadInterpolation "bad-interpolation" Error Error "A `${` that is no variable.",
    UnsetVariable "unset-variable" Error Warning "A variable without value and without default.",
    RequiredVariable "required-variable" Error Error "A variable that the file demands with `${NAME:?…}` has no value.",
    LeftUnset "left-unset" Warning Warning "A container's variable is passed on from outside, and is not set there.",
    MissingFile "missing-file" Error Warning "A file that is named is not there.",
    BadEnvFile "bad-env-file" Error Error "A line of a file of variables that cannot be read.",
    RelativeBind "relative-bind" Error Warning "A host path that only the author's machine can have.",
    NeedsImage "needs-image" Error Warning "A service that is built from source and names no image.",
    Undefined "undefined" Error Error "A name that nothing in the files defines.",
    Undeclared "undeclared-volume" Warning Warning "A volume that is mounted and not declared; it is made all the same.",
    Cycle "cycle" Error Error "Services or files that refer to each other in a circle.",
    Conflict "conflict" Error Error "Two keys or files that contradict each other.",
    ReservedLabel "reserved-label" Error Error "A label with the platform's own prefix.",
    ShellSyntax "shell-syntax" Warning Warning "A command with shell syntax that no shell will see.",
    DecimalMode "decimal-mode" Warning Warning "File permissions that look octal and are read as decimal.",
    Unsupported "unsupported" Unsupported Unsupported "Understood, and not done: the message says what happens instead.",
    NotActiveYet "not-active-yet" Unsupported Unsupported "Read, checked and kept for a capability that is still to come; it changes nothing now.",
    Difference "difference" Note Note "Done, in another way than the words of the file say.",
    TooManyRemarks "too-many-remarks" Note Note "There is more to say than is useful to read.",
}
