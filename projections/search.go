package projections

import (
	"strings"
	"sync"

	"github.com/mozillazg/go-pinyin"
)

// searchable is what a register's text filter looks in: names as written and
// the initials of their pinyin (农田水利 is also ntsl), in lower case.
func searchable(name string, others ...string) string {
	return strings.ToLower(strings.Join(append([]string{name}, others...), " ")) + " " + initials.of(name)
}

var initials = pinyinMemory{known: map[string]string{}}

// A pinyinMemory keeps initials, which are asked for each time a row is written.
type pinyinMemory struct {
	mu    sync.Mutex
	known map[string]string
}

func (m *pinyinMemory) of(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.known[name]; ok {
		return s
	}
	if len(m.known) > 20_000 {
		clear(m.known)
	}
	args := pinyin.NewArgs()
	args.Style = pinyin.FirstLetter
	args.Fallback = func(r rune, _ pinyin.Args) []string { return []string{strings.ToLower(string(r))} }
	s := strings.Join(pinyin.LazyPinyin(name, args), "")
	m.known[name] = s
	return s
}
