package esdbgate

import (
	"regexp"
	"slices"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A filter chooses events on the server by stream name or event type, beginning
// with one of some prefixes or matching an expression.
type filter struct {
	byType   bool
	prefixes []string
	regex    *regexp.Regexp
	except   bool // the expression says what not to match

	// A checkpoint is due after this many events were looked at.
	interval int
}

// The messages of the two services that carry a filter, as generated.
type (
	expression interface {
		GetRegex() string
		GetPrefix() []string
	}
	filterOptions interface {
		GetMax() uint32
		GetCount() *shared.Empty
		GetCheckpointIntervalMultiplier() uint32
	}
)

const defaultWindow = 32

func newFilter(options filterOptions, byType bool, e expression) (*filter, error) {
	f := &filter{byType: byType, prefixes: e.GetPrefix()}
	window := int(options.GetMax())
	if window == 0 {
		window = defaultWindow
	}
	f.interval = min(window, 1<<31) * min(max(1, int(options.GetCheckpointIntervalMultiplier())), 1<<31) // which no int is too small for
	if len(f.prefixes) > 0 || e.GetRegex() == "" {
		return f, nil
	}
	var err error
	f.regex, f.except, err = compile(e.GetRegex())
	return f, err
}

// allBut is the one use of look-ahead in the wild: everything that does not
// begin with something. RE2 has no look-ahead, but needs none for it.
var allBut = regexp.MustCompile(`^\^\(\?!((?:[^()\\]|\\.)*)\)(?:\.[*+]\$?)?$`)

// compile reads an expression in RE2's syntax.
func compile(expression string) (regex *regexp.Regexp, except bool, err error) {
	if not := allBut.FindStringSubmatch(expression); not != nil {
		expression, except = `^(?:`+not[1]+`)`, true
	}
	if regex, err = regexp.Compile(expression); err != nil {
		return nil, false, status.Errorf(codes.InvalidArgument, "filter: %v (expressions are RE2; of look-ahead only ^(?!…) is understood)", err)
	}
	return regex, except, nil
}

func (f *filter) match(e event) bool {
	if f == nil {
		return true
	}
	text := e.stream
	if f.byType {
		text = e.kind
	}
	switch {
	case f.regex != nil:
		return f.regex.MatchString(text) != f.except
	case len(f.prefixes) > 0:
		return slices.ContainsFunc(f.prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
	}
	return true
}
