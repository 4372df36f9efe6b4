//! Carrying out the bench's commands.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::fan::Fan;
use crate::protocol::{Command, Reply, Wake};
use crate::record::Record;
use crate::usage::{clock_ns, holdings, raise_descriptor_limit, usage};
use crate::{Contender, MakeReader, Reader, Subscription, Watcher};

/// Longer than any measurement; a wait that ends begins again.
const LONG: Duration = Duration::from_hours(1);
/// Enough for what a subscriber does, and a thousand of them cost little.
const STACK: usize = 256 * 1024;

/// Reads commands from standard input and answers each on standard output, until there are no more.
///
/// # Errors
///
/// Standard input or output failed, or a line was no command.
pub fn serve(contender: &mut dyn Contender, reader: MakeReader) -> io::Result<()> {
    raise_descriptor_limit();
    let mut session = Session {
        contender,
        reader,
        watched: Vec::new(),
        subscriptions: Vec::new(),
        paths: Vec::new(),
        readers: HashMap::new(),
        record: Arc::default(),
        fan: Arc::default(),
    };
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let command = serde_json::from_str(&line?)?;
        let reply = session.carry_out(command);
        let reply = reply.unwrap_or_else(|reason| Reply::Refused { reason });
        let mut text = serde_json::to_string(&reply)?;
        text.push('\n');
        output.write_all(text.as_bytes())?;
        output.flush()?;
    }
    Ok(())
}

struct Session<'c> {
    contender: &'c mut dyn Contender,
    reader: MakeReader,
    watched: Vec<Box<dyn Watcher>>,
    subscriptions: Vec<Box<dyn Subscription>>,
    paths: Vec<PathBuf>,
    readers: HashMap<usize, Reader>,
    record: Arc<Record>,
    fan: Arc<Fan>,
}

impl Session<'_> {
    fn carry_out(&mut self, command: Command) -> Result<Reply, String> {
        match command {
            Command::Watch { databases } => {
                let took_ns = timed(|| databases.iter().try_for_each(|path| self.watch(path)))?;
                self.paths = databases;
                Ok(Reply::Watching { took_ns })
            }
            Command::Run { reads } => self.run(reads),
            Command::Wakes {} => {
                let (wakes, ended) = self.record.take();
                Ok(Reply::Wakes { wakes, ended })
            }
            Command::Wait {
                database,
                within_ms,
                first,
            } => self.wait(database, Duration::from_millis(within_ms), first),
            Command::Fan { subscribers, tasks } => self.fan(subscribers, tasks),
            Command::FanWait {
                since_ns,
                within_ms,
            } => Ok(self.fan_wait(since_ns, Duration::from_millis(within_ms))),
            Command::Usage {} => {
                let looks = self.watched.first().and_then(|watcher| watcher.looks());
                Ok(Reply::Used(usage(looks)))
            }
            Command::Holdings {} => Ok(Reply::Held(holdings())),
            Command::Close {} => {
                let took_ns = timed(|| {
                    self.subscriptions.clear();
                    self.watched.clear();
                    Ok(())
                })?;
                Ok(Reply::Done { took_ns })
            }
        }
    }

    fn watch(&mut self, path: &Path) -> Result<(), String> {
        let mut watcher = self.contender.watch(path)?;
        self.subscriptions.push(watcher.subscribe()?);
        self.watched.push(watcher);
        Ok(())
    }

    fn run(&mut self, reads: bool) -> Result<Reply, String> {
        drop(self.record.take());
        for (database, mut subscription) in self.subscriptions.drain(..).enumerate() {
            let record = Arc::clone(&self.record);
            let mut reader = reads.then(|| (self.reader)(&self.paths[database]));
            spawn(move || {
                loop {
                    match woken(subscription.as_mut(), reader.as_mut(), LONG) {
                        Ok(Some(wake)) => record.add(Wake { database, ..wake }),
                        Ok(None) => {}
                        Err(why) => return record.end(why),
                    }
                }
            })?;
        }
        Ok(Reply::Done { took_ns: 0 })
    }

    fn wait(&mut self, database: usize, within: Duration, first: bool) -> Result<Reply, String> {
        let subscription = self.subscriptions.get_mut(database);
        let subscription = subscription.ok_or("no such subscription")?;
        let make = || (self.reader)(&self.paths[database]);
        let reader = self.readers.entry(database).or_insert_with(make);
        let deadline = Instant::now() + within;
        let mut wakes = Vec::with_capacity(64);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || first && !wakes.is_empty() {
                return Ok(Reply::Woken { wakes });
            }
            let woken = woken(subscription.as_mut(), Some(reader), left)?;
            wakes.extend(woken.map(|wake| Wake { database, ..wake }));
        }
    }

    fn fan(&mut self, subscribers: usize, tasks: bool) -> Result<Reply, String> {
        let watcher = self.watched.first_mut().ok_or("nothing is watched")?;
        if tasks {
            let took_ns = timed(|| watcher.tasks(subscribers, &self.fan))?;
            return Ok(Reply::Done { took_ns });
        }
        let took_ns = timed(|| {
            for _ in 0..subscribers {
                let mut subscription = watcher.subscribe()?;
                let ran = self.fan.join();
                spawn(move || {
                    while let Ok(woken) = subscription.wait(LONG) {
                        if woken.is_some() {
                            ran.now();
                        }
                    }
                })?;
            }
            Ok(())
        })?;
        Ok(Reply::Done { took_ns })
    }

    /// Asks again and again, rarely enough not to be in the way of those that are woken.
    fn fan_wait(&self, since_ns: u64, within: Duration) -> Reply {
        let deadline = Instant::now() + within;
        let pause = Duration::from_millis(5);
        while self.fan.since(since_ns).1 > 0 && Instant::now() < deadline {
            thread::sleep(pause);
        }
        // Some contenders wake more than once for a commit, and only the last time it can be read.
        thread::sleep(pause);
        let (ran, unwoken) = self.fan.since(since_ns);
        Reply::Fanned {
            unwoken,
            first_ns: ran.first().copied(),
            last_ns: ran.last().copied(),
        }
    }
}

/// One wake; when it came is noted before anything else is done.
fn woken(
    subscription: &mut dyn Subscription,
    reader: Option<&mut Reader>,
    within: Duration,
) -> Result<Option<Wake>, String> {
    let Some(commits) = subscription.wait(within)? else {
        return Ok(None);
    };
    let ns = clock_ns();
    let saw = reader.map_or(0, |read| read());
    Ok(Some(Wake {
        database: 0,
        ns,
        commits,
        saw,
        read_ns: clock_ns(),
    }))
}

fn spawn(body: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let thread = thread::Builder::new().name("subscriber".to_owned());
    let started = thread.stack_size(STACK).spawn(body);
    started.map(drop).map_err(|error| error.to_string())
}

fn timed(work: impl FnOnce() -> Result<(), String>) -> Result<u64, String> {
    let before = clock_ns();
    work()?;
    Ok(clock_ns() - before)
}
