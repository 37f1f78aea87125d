//! What a route, or a part of what is asked on it, needs.

use std::fmt;

/// A permission. Every row of the route table has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Nothing: anyone who can reach the server.
    Anyone,
    /// To be on the server's own machine, or an administrator.
    Local,
    /// To be signed in.
    SignedIn,
    /// To look at an environment.
    Look,
    /// To change stacks, services, secrets and configs of an environment.
    ChangeStacks,
    /// To run programs in containers of an environment.
    Exec,
    /// To give containers rights over their host: privileged, the host's namespaces, paths, devices.
    HostAccess,
    /// To change hosts, volumes, images and registries of an environment.
    ChangeHosts,
    /// To change who may do what in an environment.
    ChangeMembers,
    /// To change the platform: environments, accounts.
    Administer,
}

impl Permission {
    /// Every one of them.
    pub const ALL: [Self; 10] = [
        Self::Anyone,
        Self::Local,
        Self::SignedIn,
        Self::Look,
        Self::ChangeStacks,
        Self::Exec,
        Self::HostAccess,
        Self::ChangeHosts,
        Self::ChangeMembers,
        Self::Administer,
    ];

    /// Its name in refusals and in the API's description.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Local => "local",
            Self::SignedIn => "signed_in",
            Self::Look => "look",
            Self::ChangeStacks => "change_stacks",
            Self::Exec => "exec",
            Self::HostAccess => "host_access",
            Self::ChangeHosts => "change_hosts",
            Self::ChangeMembers => "change_members",
            Self::Administer => "administer",
        }
    }

    /// Who has it, in words.
    pub const fn holders(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Local => "anyone on the server's own machine, administrators from elsewhere",
            Self::SignedIn => "anyone signed in",
            Self::Look => "all members of the environment",
            Self::ChangeStacks | Self::Exec => "restricted, member, owner",
            Self::HostAccess | Self::ChangeHosts => "member, owner",
            Self::ChangeMembers => "owner",
            Self::Administer => "administrators",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
