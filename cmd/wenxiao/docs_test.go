package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedCommands holds every command line of the documentation, and of
// the units that start us, against the commands and flags that there are.
func TestDocumentedCommands(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../deploy/*.md", "../../deploy/*.service"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	seen := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commandLines(string(text), filepath.Ext(file)) {
			seen++
			if err := understood(line); err != nil {
				t.Errorf("%s: wenxiao %s: %v", file, strings.Join(line, " "), err)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d commands were found in %q", seen, files)
	}
}

func TestUndocumentedCommandsAreSeen(t *testing.T) {
	for text, good := range map[string]bool{
		"```sh\nwenxiao serve --addr :1 --tls # so\n```":                          true,
		"```sh\nwenxiao serve --adr :1\n```":                                      false,
		"```sh\nsystemctl stop x && wenxiao serve over there\n```":                false,
		"```sh\nA=\"$B\" ./wenxiao user add \\\n  a --name 'b c' --person p\n```": true,
		"```sh\nwenxiao --db sqlite:x nonsense | sort\n```":                       false,
		"```sh\ngo build -o wenxiao ./cmd/wenxiao; wenxiao ready\n```":            true,
		"```sh\n/usr/local/bin/wenxiao verify >report 2>&1; wenxiao up\n```":      false,
	} {
		lines, all := commandLines(text, ".md"), true
		for _, line := range lines {
			all = all && understood(line) == nil
		}
		if len(lines) == 0 || all != good {
			t.Errorf("%q: %q, understood %t", text, lines, all)
		}
	}
}

// understood parses a command line as the program would, and carries nothing out.
func understood(args []string) error {
	root := newRoot()
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(args)
	if err != nil || cmd == root {
		return usage("没有这个命令")
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if help, err := cmd.Flags().GetBool("help"); err == nil && help {
		return nil
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

var (
	blocks  = regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```")
	started = regexp.MustCompile(`(?m)^Exec\w+=[-@:+!|]*(.*)$`)
	words   = regexp.MustCompile(`'[^']*'|"[^"]*"|\d*[<>]+&?\d*|\|\|?|&&?|;|[^\s'"<>|&;]+`)
	program = regexp.MustCompile(`^([\w./-]*/)?wenxiao$`)

	precedes  = regexp.MustCompile(`^([|&;]+|\w+=.*|--|run|sudo|"[^"]*"|'[^']*')$`) // what a program's name may come after
	redirects = regexp.MustCompile(`^\d*[<>]`)
)

// commandLines returns the arguments of each call of our program in the blocks
// of shell in a document, or in a unit of systemd.
func commandLines(text, kind string) (all [][]string) {
	found := blocks.FindAllStringSubmatch(text, -1)
	if kind == ".service" {
		found = started.FindAllStringSubmatch(text, -1)
	}
	for _, block := range found {
		script := strings.ReplaceAll(block[1], "\\\n", " ")
		for line := range strings.Lines(script) {
			all = append(all, calls(line)...)
		}
	}
	return all
}

// calls returns the arguments of each call in a line, without redirections,
// comments and what comes after a pipe or semicolon.
func calls(line string) (all [][]string) {
	in, skip, before := false, false, ";"
	for _, word := range words.FindAllString(line, -1) {
		switch {
		case strings.HasPrefix(word, "#"):
			return all
		case strings.ContainsAny(word[:1], "|&;"):
			in = false
		case redirects.MatchString(word):
			skip = !strings.Contains(word, "&")
		case skip:
			skip = false
		case in:
			all[len(all)-1] = append(all[len(all)-1], strings.Trim(word, `'"`))
		case program.MatchString(word) && precedes.MatchString(before):
			all, in = append(all, []string{}), true
		}
		before = word
	}
	return all
}
