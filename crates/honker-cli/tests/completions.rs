//! `honker completions` and `honker man`: what the shell and man(1) make of them.

mod command;

use std::fs;
use std::process::{Command, Output, Stdio};

use command::run;
use honker_testkit::TempDb;

fn script(shell: &str) -> String {
    let ended = run(["completions", shell]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
    ended.stdout.join("\n") + "\n"
}

/// Runs a program on a file; `None` if there is no such program here.
fn run_on(program: &str, arguments: &[&str], text: &str) -> Option<Output> {
    let place = TempDb::absent();
    let file = place.beside("text");
    fs::write(&file, text).expect("written");
    let mut command = Command::new(program);
    let command = command.args(arguments).arg(&file).stdin(Stdio::null());
    match command.env("MANWIDTH", "100").output() {
        Ok(output) => Some(output),
        Err(_) => {
            println!("skipped: there is no {program} here");
            None
        }
    }
}

/// What bash itself would offer for a line that ends in the last of these words.
fn complete(words: &[&str]) -> Vec<String> {
    let ask = r#"
source "$1"; shift
COMP_WORDS=(honker "$@"); COMP_CWORD=$#; COMPREPLY=()
"$(complete -p honker | sed 's/.*-F \([^ ]*\).*/\1/')" honker "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;
    let place = TempDb::absent();
    let file = place.beside("honker.bash");
    fs::write(&file, script("bash")).expect("written");
    let mut bash = Command::new("bash");
    let bash = bash.args(["--norc", "-c", ask, "bash"]).arg(&file);
    let output = bash.args(words).output().expect("bash runs");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let offered = String::from_utf8(output.stdout).expect("text");
    offered.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_subcommands_options_and_their_values() {
    let offered = complete(&[""]);
    for subcommand in ["watch", "probe", "demo", "completions", "man", "help"] {
        assert!(offered.iter().any(|each| each == subcommand), "{offered:?}");
    }
    assert!(!offered.iter().any(|each| each == "demo-writer"), "hidden");
    assert_eq!(complete(&["wat"]), ["watch"]);
    assert_eq!(complete(&["watch", "--exit"]), ["--exit-on-error"]);
    assert_eq!(complete(&["watch", "--backend", "ker"]), ["kernel"]);
    assert_eq!(complete(&["completions", "zs"]), ["zsh"]);
}

#[test]
fn each_shell_accepts_its_script() {
    for (shell, program) in [("bash", "bash"), ("zsh", "zsh"), ("fish", "fish")] {
        if let Some(output) = run_on(program, &["-n"], &script(shell)) {
            assert!(output.status.success(), "{shell}: {output:?}");
            assert!(output.stderr.is_empty(), "{shell}: {output:?}");
        }
    }
    for shell in ["elvish", "powershell"] {
        assert!(script(shell).contains("exit-on-error"), "{shell}");
    }
}

#[test]
fn an_unknown_shell_is_a_usage_error_that_lists_the_known_ones() {
    let ended = run(["completions", "sh"]);
    assert_eq!(ended.code, Some(2));
    let complaint = ended.complaint();
    assert!(complaint.contains("bash") && complaint.contains("fish"));
}

fn page(of: &[&str]) -> String {
    let ended = run([&["man"], of].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout.join("\n") + "\n"
}

#[test]
fn the_manual_pages_have_every_subcommand_option_and_exit_code() {
    let whole = page(&[]);
    for text in [
        ".TH honker 1",
        "honker\\-watch(1)",
        "honker\\-completions(1)",
        "EXAMPLES",
        "EXIT STATUS",
        "124",
    ] {
        assert!(whole.contains(text), "no {text} in {whole}");
    }
    assert!(!whole.contains("demo\\-writer"), "hidden");
    let watch = page(&["watch"]);
    for text in [
        ".TH honker-watch 1",
        "\\-\\-exit\\-on\\-error",
        "HONKER_COMMITS",
        "WITH --JSON",
        "EXIT STATUS",
    ] {
        assert!(watch.contains(text), "no {text} in {watch}");
    }
}

#[test]
fn a_page_of_no_subcommand_is_a_usage_error() {
    for name in ["wach", "demo-writer"] {
        let ended = run(["man", name]);
        assert_eq!(ended.code, Some(2));
        assert!(ended.complaint().contains(name), "{ended:?}");
    }
}

#[test]
fn man_and_mandoc_find_no_fault_with_the_pages() {
    for (of, text) in [
        (&[][..], "honker watch app.db"),
        (&["watch"], "--exit-on-error"),
    ] {
        let page = page(of);
        let shown = run_on("man", &["--warnings", "-P", "cat", "-l"], &page);
        if let Some(output) = shown {
            // A minimal image has a `man` that only says so.
            let shown = String::from_utf8_lossy(&output.stdout);
            if shown.contains("minimized") {
                println!("skipped: man is not installed here");
            } else {
                assert!(output.status.success(), "{output:?}");
                assert!(output.stderr.is_empty(), "{output:?}");
                assert!(shown.contains(text), "{shown}");
            }
        }
        if let Some(output) = run_on("mandoc", &["-T", "lint", "-W", "error"], &page) {
            assert!(output.status.success(), "{output:?}");
        }
    }
}
