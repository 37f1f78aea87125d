//! From the text of a story to what is to be done.

use muster_model::Name;

use super::play::Stage;

/// A command with the lines that belong to it, or lines for the reader.
pub struct Part {
    /// Its first line's number, from 1.
    pub line: usize,
    /// As they are written.
    pub lines: Vec<String>,
}

/// Cuts a story into its parts; what it showed before is left out.
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.starts_with('|') {
            continue;
        }
        match parts.last_mut().filter(|_| line.starts_with(' ')) {
            Some(part) => part.lines.push(line.to_owned()),
            None => parts.push(Part {
                line: number,
                lines: vec![line.to_owned()],
            }),
        }
    }
    parts
}

impl Part {
    /// Does what it says. Gives what it shows.
    pub fn play(&self, stage: &mut Stage) -> Result<Vec<String>, String> {
        let (command, file) = self.lines.split_first().ok_or("nothing")?;
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.as_slice() {
            [] => Ok(Vec::new()),
            [word, ..] if word.starts_with('#') => Ok(Vec::new()),
            ["add-host", names @ ..] => all(names, |host| stage.add_host(name(host)?)),
            ["deploy", stack] => stage.deploy(name(stack)?, file),
            ["scale", service, units] => {
                let (stack, service) = of_stack(service)?;
                let units = units.parse().map_err(|_| format!("`{units}` is not a number"))?;
                stage.scale(stack, service, units)
            }
            ["restart", service] => {
                let (stack, service) = of_stack(service)?;
                stage.restart(stack, service)
            }
            ["rollback", stack, to] => {
                let to = to.parse().map_err(|_| format!("`{to}` is not a revision"))?;
                stage.rollback(name(stack)?, to)
            }
            ["remove", stack] => stage.remove(name(stack)?),
            ["cut", hosts @ ..] => all(hosts, |host| stage.cut(&name(host)?)),
            ["heal", hosts @ ..] => all(hosts, |host| stage.heal(&name(host)?)),
            ["cut-way", "up", hosts @ ..] => all(hosts, |host| stage.cut_up(&name(host)?)),
            ["late-watch", server, time] => stage.late_watch(server, milliseconds(time)?),
            ["power-off", hosts @ ..] => all(hosts, |host| stage.power_off(&name(host)?)),
            ["power-on", hosts @ ..] => all(hosts, |host| stage.power_on(&name(host)?)),
            ["evacuate", host] => stage.evacuate(name(host)?),
            ["activate", host] => stage.activate(name(host)?),
            ["confirm-dead", host] => stage.confirm_dead(name(host)?),
            ["release-brake"] => stage.release_brake(),
            ["stubborn", service] => {
                let (stack, service) = of_stack(service)?;
                stage.stubborn(&stack, &service)
            }
            ["add-server", names @ ..] => all(names, |server| stage.add_server(server)),
            ["stop", "server"] => stage.stop_server("s1"),
            ["start", "server"] => stage.start_server("s1"),
            ["ask", "server", "to", "stop"] => stage.ask_server_to_stop("s1"),
            ["stop", "server", name] => stage.stop_server(name),
            ["start", "server", name] => stage.start_server(name),
            ["stop", "agent", host] => stage.stop_agent(&name(host)?),
            ["start", "agent", host] => stage.start_agent(&name(host)?),
            ["crash", service] => {
                let (stack, service) = of_stack(service)?;
                stage.crash(&stack, &service)
            }
            ["bad-image", image] => stage.bad_image(image),
            ["advance", time] => stage.advance(milliseconds(time)?, false),
            ["watch", time] => stage.advance(milliseconds(time)?, true),
            ["show", what] => stage.show(what),
            _ => Err(format!("`{command}` is no command of stories")),
        }
    }
}

fn all(
    names: &[&str],
    mut one: impl FnMut(&str) -> Result<Vec<String>, String>,
) -> Result<Vec<String>, String> {
    names.iter().try_fold(Vec::new(), |mut shown, name| {
        shown.extend(one(name)?);
        Ok(shown)
    })
}

fn name(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|error| error.to_string())
}

fn of_stack(text: &str) -> Result<(Name, Name), String> {
    let (stack, service) = text
        .split_once('/')
        .ok_or_else(|| format!("`{text}` is not a service: write stack/service"))?;
    Ok((name(stack)?, name(service)?))
}

fn milliseconds(text: &str) -> Result<u64, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    let read = units
        .into_iter()
        .find_map(|(unit, ms)| Some(text.strip_suffix(unit)?.parse::<u64>().ok()? * ms));
    read.ok_or_else(|| format!("`{text}` is not a time such as 500ms, 40s or 10m"))
}
