//! Killing a process at a chosen moment, and what it had said by then.

use std::{
    io::{BufRead, BufReader, Read as _},
    process::Command,
    thread,
    time::Duration,
};

/// When to kill.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    /// So long after the start.
    After(Duration),
    /// So long after so many lines on stdout.
    Line(u32, Duration),
    /// Never.
    Never,
}

/// What is left of a process.
#[derive(Debug)]
pub(crate) struct Left {
    /// `None` if it was killed.
    pub(crate) code: Option<i32>,
    /// Whole lines of stdout: what comes after the last line end was not said.
    pub(crate) said: Vec<String>,
    pub(crate) stderr: String,
}

/// Runs a command until its end or the moment, whichever comes first.
pub(crate) fn run(command: &mut Command, moment: Moment) -> Left {
    let mut child = command.spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let stderr = thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).map(|_| text)
    });
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut said = Vec::new();
    match moment {
        Moment::After(delay) => {
            thread::sleep(delay);
            child.kill().unwrap();
        }
        Moment::Line(lines, delay) => {
            while said.len() < lines as usize && hear(&mut stdout, &mut said) {}
            thread::sleep(delay);
            child.kill().unwrap();
        }
        Moment::Never => {}
    }
    while hear(&mut stdout, &mut said) {}
    let code = child.wait().unwrap().code();
    Left { code, said, stderr: stderr.join().unwrap().unwrap() }
}

/// Takes the next whole line; `false` at the end.
fn hear(stdout: &mut impl BufRead, said: &mut Vec<String>) -> bool {
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let is_whole = line.ends_with('\n');
    if is_whole {
        said.push(line);
    }
    is_whole
}

/// A source of moments that can be repeated: splitmix64.
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// A moment in the life of a process that takes `whole`: in its first part, anywhere, or in the thick of the steps.
    pub(crate) fn moment(&mut self, whole: Duration, lines: u32) -> Moment {
        let whole = u64::try_from(whole.as_micros()).unwrap();
        match self.below(4) {
            0 => Moment::After(Duration::from_micros(self.below(whole / 4))),
            1 => Moment::After(Duration::from_micros(self.below(whole * 11 / 10))),
            _ => {
                let line = u32::try_from(self.below(u64::from(lines))).unwrap();
                Moment::Line(line, Duration::from_micros(self.below(3_000)))
            }
        }
    }
}
