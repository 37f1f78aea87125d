//! The one table of who may do what.

use muster_model::desired::{Environment, Role};

use super::{Permission, Principal};

/// Whether `role` in an environment includes `permission` there. What is not listed is denied.
pub const fn allows(role: Role, permission: Permission) -> bool {
    use Permission::{ChangeHosts, ChangeMembers, ChangeStacks, Exec, HostAccess, Look};
    match role {
        Role::Readonly => matches!(permission, Look),
        Role::Restricted => matches!(permission, Look | ChangeStacks | Exec),
        Role::Member => matches!(permission, Look | ChangeStacks | Exec | HostAccess | ChangeHosts),
        Role::Owner => {
            matches!(
                permission,
                Look | ChangeStacks | Exec | HostAccess | ChangeHosts | ChangeMembers
            )
        }
    }
}

/// The asker's role in an environment; none means that it does not exist for them. Administrators own all of them.
pub fn role_in(principal: &Principal, environment: &Environment) -> Option<Role> {
    if principal.admin {
        return Some(Role::Owner);
    }
    environment.members.get(&principal.account).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_one_below_may() {
        let roles = [Role::Readonly, Role::Restricted, Role::Member, Role::Owner];
        for pair in roles.windows(2) {
            for permission in Permission::ALL {
                assert!(
                    !allows(pair[0], permission) || allows(pair[1], permission),
                    "{pair:?} {permission}"
                );
            }
        }
    }

    #[test]
    fn no_role_in_an_environment_reaches_beyond_it() {
        for permission in [Permission::Administer, Permission::Local] {
            assert!(!allows(Role::Owner, permission));
        }
        assert!(!allows(Role::Readonly, Permission::ChangeStacks));
        assert!(!allows(Role::Restricted, Permission::HostAccess));
        assert!(!allows(Role::Member, Permission::ChangeMembers));
    }
}
