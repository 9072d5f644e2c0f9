package independent_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tools are all that docs/verify-by-hand.md and its short form in an evidence
// bundle ask of an auditor's machine.
var tools = []string{"openssl", "sha256sum", "base64", "od", "cut", "sed", "grep", "head", "tail", "tr", "cat", "cp", "mv", "rm", "date", "cmp"}

// A block is one of the document's, named by its step: 5 is the first below that
// heading, 5b the second.
type block struct{ step, code string }

func blocks(t *testing.T) (all []block) {
	t.Helper()
	step, inside := "", false
	for line := range strings.Lines(string(read(t, "../docs/verify-by-hand.md"))) {
		switch {
		case strings.HasPrefix(line, "## "):
			step, _, _ = strings.Cut(line[len("## "):], ".")
		case line == "```sh\n":
			all, inside = append(all, block{step: step}), true
			step += "b"
		case line == "```\n":
			inside = false
		case inside:
			all[len(all)-1].code += line
		}
	}
	return all
}

// byHand runs the blocks of some steps, or all, in the document's order and in
// one shell that finds the tools and nothing else. It returns the step that
// failed, after which there are no more, and what was printed.
func byHand(t *testing.T, d desk, steps ...string) (failed, said string) {
	t.Helper()
	return inShell(t, d, slices.DeleteFunc(blocks(t), func(b block) bool { return len(steps) > 0 && !slices.Contains(steps, b.step) }))
}

func inShell(t *testing.T, d desk, blocks []block) (failed, said string) {
	t.Helper()
	var script strings.Builder
	for _, b := range blocks {
		fmt.Fprintf(&script, "{\n%s\n} || { echo failed: %s; exit; }\n", b.code, b.step)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), sh)
	cmd.Dir, cmd.Env, cmd.Stdin = string(d), []string{"PATH=" + toolbox(t)}, strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("sh: %v\n%s", err, out)
	}
	_, failed, _ = strings.Cut(string(out), "failed: ")
	return strings.TrimSpace(failed), string(out)
}

// toolbox is a folder with the tools.
func toolbox(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, tool := range tools {
		path, err := exec.LookPath(tool)
		if err == nil {
			err = os.Symlink(path, filepath.Join(folder, tool))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// A desk is an auditor's folder.
type desk string

const position = 300 // the position of the record whose receipt is examined

// newDesk has the receipt of one record, its data, the checkpoint kept, the
// receipt of the last record that one covers, and the policy.
func newDesk(t *testing.T) desk {
	t.Helper()
	d := desk(t.TempDir())
	for name, content := range map[string][]byte{
		"receipt.tlog-proof": receipt(t, position), "data.json": city.column(t, "data")[position-1],
		"kept-checkpoint": kept, "last.tlog-proof": receipt(t, int(headOf(t, kept).Size)), "policy.txt": withSM2,
	} {
		write(t, d.path(name), content)
	}
	return d
}

func (d desk) path(name string) string { return filepath.Join(string(d), name) }

// replace puts new in the first place of old.
func (d desk) replace(t *testing.T, name, old, new string) {
	t.Helper()
	b := read(t, d.path(name))
	if !bytes.Contains(b, []byte(old)) {
		t.Fatalf("no %q in\n%s", old, b)
	}
	write(t, d.path(name), bytes.Replace(b, []byte(old), []byte(new), 1))
}

// flip changes one bit twenty bytes behind the n-th marker.
func (d desk) flip(t *testing.T, name, marker string, n int) {
	t.Helper()
	parts := bytes.SplitAfterN(read(t, d.path(name)), []byte(marker), n+1)
	if len(parts) <= n {
		t.Fatalf("%s has %d of %q", name, len(parts)-1, marker)
	}
	flip(t, d.path(name), len(bytes.Join(parts[:n], nil))+20)
}

func TestByHand(t *testing.T) {
	failed, said := byHand(t, newDesk(t))
	if failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, said)
	}
	for _, line := range []string{
		"账本位置 position: 300", "信封在账上", "data.json: OK", "SM3 一致", "两个检查点都是这本账签的",
		"旧账是新账的开头", "audit 于", "见证方 witnesses: 1", "Verified OK",
	} {
		if !strings.Contains(said, line) {
			t.Errorf("%q is missing in\n%s", line, said)
		}
	}
}

// TestByHandTampered changes something in one file; the block that guards it
// fails.
func TestByHandTampered(t *testing.T) {
	const examined, last = "receipt.tlog-proof", "last.tlog-proof"
	now, before := headOf(t, city.checkpoint(t)), headOf(t, kept)
	ours := "— " + now.Origin + " "
	for _, c := range []struct {
		what, fails string
		tamper      func(*testing.T, desk)
	}{
		{"format", "1", func(t *testing.T, d desk) { d.replace(t, examined, "proof@v1", "proof@v2") }},
		{"origin", "2", func(t *testing.T, d desk) { d.replace(t, examined, "\n"+now.Origin, "\nx"+now.Origin) }},
		{"size", "2", func(t *testing.T, d desk) { d.replace(t, examined, fmt.Sprintf("\n%d\n", now.Size), "\n9999\n") }},
		{"root", "2", func(t *testing.T, d desk) { d.flip(t, examined, "\n"+now.root()[:4], 1) }},
		{"signature", "2", func(t *testing.T, d desk) { d.flip(t, examined, ours, 1) }},
		{"key", "2", func(t *testing.T, d desk) { d.flip(t, "policy.txt", "log "+now.Origin+"+", 1) }},
		{"envelope", "3", func(t *testing.T, d desk) { d.flip(t, examined, "extra ", 1) }},
		{"index", "3", func(t *testing.T, d desk) { d.replace(t, examined, "index 299", "index 298") }},
		{"index beyond", "3", func(t *testing.T, d desk) { d.replace(t, examined, "index 299", "index 77777") }},
		{"sibling", "3", func(t *testing.T, d desk) { d.flip(t, examined, "index 299\n", 1) }},
		{"data", "4", func(t *testing.T, d desk) { flip(t, d.path("data.json"), 20) }},
		{"kept root", "5", func(t *testing.T, d desk) { d.replace(t, "kept-checkpoint", before.root(), now.root()) }},
		{"kept signature", "5", func(t *testing.T, d desk) { d.flip(t, "kept-checkpoint", ours, 1) }},
		{"last envelope", "5b", func(t *testing.T, d desk) { d.flip(t, last, "extra ", 1) }},
		{"last sibling", "5b", func(t *testing.T, d desk) { d.flip(t, last, fmt.Sprintf("index %d\n", before.Size-1), 1) }},
		{"not the last", "5b", func(t *testing.T, d desk) { write(t, d.path(last), receipt(t, int(before.Size)+1)) }},
		{"cosignature", "6", func(t *testing.T, d desk) { d.flip(t, examined, "— "+auditName+" ", 1) }},
		{"SM2 signature", "7", func(t *testing.T, d desk) { d.flip(t, examined, ours, 2) }},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c.tamper(t, d)
			if failed, said := byHand(t, d); failed != c.fails {
				t.Errorf("step %q failed, not %q:\n%s", failed, c.fails, said)
			}
		})
	}
}

// TestByHandSM3 leaves SHA-256 out: SM3 alone guards the data, too.
func TestByHandSM3(t *testing.T) {
	d := newDesk(t)
	flip(t, d.path("data.json"), 20)
	if failed, said := byHand(t, d, "1", "4b"); failed != "4b" {
		t.Errorf("step %q failed, not 4b:\n%s", failed, said)
	}
}

// TestByHandOtherHistory keeps a checkpoint of a fork that the same key signed.
func TestByHandOtherHistory(t *testing.T) {
	fork := attackOn(t, older).enters("丁")
	if _, err := fork.publish(); err == nil {
		t.Log("published, though the witness refused")
	}
	d := newDesk(t)
	write(t, d.path("kept-checkpoint"), fork.checkpoint(t))
	write(t, d.path("last.tlog-proof"), receipt(t, int(headOf(t, fork.checkpoint(t)).Size)))
	if failed, said := byHand(t, d); failed != "5b" {
		t.Errorf("step %q failed, not 5b:\n%s", failed, said)
	}
}

// TestByHandEverySize compares the head of now with heads of many sizes: the
// shape of the proof depends on both.
func TestByHandEverySize(t *testing.T) {
	envelopes := city.column(t, "envelope")
	for _, size := range []int{1, 2, 255, 256, 257, 512, len(envelopes)} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			write(t, d.path("kept-checkpoint"), city.sign(t, envelopes[:size]))
			write(t, d.path("last.tlog-proof"), receipt(t, size))
			if failed, said := byHand(t, d, "1", "2", "5", "5b"); failed != "" {
				t.Errorf("step %s failed:\n%s", failed, said)
			}
		})
	}
}
