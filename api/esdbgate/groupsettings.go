package esdbgate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"

	"wenxiao/eventstore"
)

const (
	allStreams   = "$all"
	groupStreams = "$persistentsubscription-" // begins the names of what groups keep
)

// How a group shares its events out.
const (
	toSingle            = "DispatchToSingle"
	roundRobin          = "RoundRobin"
	pinned              = "Pinned"
	pinnedByCorrelation = "PinnedByCorrelation"
)

// Settings is what a group was created with, as it is kept in the stream of all
// groups' settings.
type settings struct {
	Stream string `json:"stream"` // or $all
	Group  string `json:"group"`

	From    uint64 `json:"from"`              // first revision or position
	FromEnd bool   `json:"fromEnd,omitempty"` // only for showing: From says it

	ByType   bool     `json:"byType,omitempty"`
	Prefixes []string `json:"prefixes,omitempty"`
	Regex    string   `json:"regex,omitempty"`

	Links       bool   `json:"links"`
	Extra       bool   `json:"extra"`
	Retries     int32  `json:"retries"`
	Subscribers int32  `json:"subscribers"` // 0 is any number
	Live        int32  `json:"live"`
	Batch       int32  `json:"batch"`
	History     int32  `json:"history"`
	Least       int32  `json:"least"` // events acknowledged between two checkpoints
	Most        int32  `json:"most"`
	TimeoutMs   int32  `json:"timeoutMs"` // 0 is none
	AfterMs     int32  `json:"afterMs"`
	Strategy    string `json:"strategy"`
}

func (s settings) all() bool { return s.Stream == allStreams }

func (s settings) filter() (*filter, error) {
	if len(s.Prefixes) == 0 && s.Regex == "" {
		return nil, nil
	}
	f := &filter{byType: s.ByType, prefixes: s.Prefixes}
	if s.Regex == "" || len(s.Prefixes) > 0 {
		return f, nil
	}
	var err error
	f.regex, f.except, err = compile(s.Regex)
	return f, err
}

func (s settings) timeout() time.Duration { return time.Duration(s.TimeoutMs) * time.Millisecond }
func (s settings) after() time.Duration   { return time.Duration(s.AfterMs) * time.Millisecond }

// stream is where a group keeps something of its own. A name that would be too
// long for a stream is replaced by its digest.
func (s settings) stream(what string) string {
	name := groupStreams + s.Stream + "::" + s.Group + "-" + what
	if len(name) <= eventstore.MaxStreamName {
		return name
	}
	sum := sha256.Sum256([]byte(s.Stream + "::" + s.Group))
	return groupStreams + hex.EncodeToString(sum[:]) + "-" + what
}

// place writes where an event stands as clients parse it.
func (s settings) place(at uint64) string {
	if s.all() {
		return fmt.Sprintf("C:%d/P:%d", at, at)
	}
	return fmt.Sprint(at)
}

func (s settings) startFrom() string {
	switch {
	case s.FromEnd && s.all():
		return "C:-1/P:-1"
	case s.FromEnd:
		return "-1"
	}
	return s.place(s.From)
}

// The settings of a request, as generated for create and for update.
type givenSettings interface {
	GetResolveLinks() bool
	GetExtraStatistics() bool
	GetMaxRetryCount() int32
	GetMinCheckpointCount() int32
	GetMaxCheckpointCount() int32
	GetMaxSubscriberCount() int32
	GetLiveBufferSize() int32
	GetReadBatchSize() int32
	GetHistoryBufferSize() int32
	GetMessageTimeoutTicks() int64
	GetMessageTimeoutMs() int32
	GetCheckpointAfterTicks() int64
	GetCheckpointAfterMs() int32
}

func (s *settings) take(g givenSettings, strategy string) {
	s.Links, s.Extra, s.Retries = g.GetResolveLinks(), g.GetExtraStatistics(), g.GetMaxRetryCount()
	s.Least, s.Most, s.Subscribers = g.GetMinCheckpointCount(), g.GetMaxCheckpointCount(), g.GetMaxSubscriberCount()
	s.Live, s.Batch, s.History = g.GetLiveBufferSize(), g.GetReadBatchSize(), g.GetHistoryBufferSize()
	s.TimeoutMs = milliseconds(g.GetMessageTimeoutTicks(), g.GetMessageTimeoutMs())
	s.AfterMs = milliseconds(g.GetCheckpointAfterTicks(), g.GetCheckpointAfterMs())
	s.Strategy = strategy
}

// milliseconds is one of both; a tick is 100 ns.
func milliseconds(ticks int64, ms int32) int32 {
	if ticks > 0 {
		return int32(min(ticks/10_000, math.MaxInt32))
	}
	return ms
}

func created(o *persistent.CreateReq_Options) (s settings, from start, err error) {
	s.Group = o.GetGroupName()
	given := o.GetSettings()
	strategy := given.GetConsumerStrategy()
	if strategy == "" {
		strategy = given.GetNamedConsumerStrategy().String() //nolint:staticcheck // older clients
	}
	s.take(given, strategy)
	switch v := o.GetStreamOption().(type) {
	case *persistent.CreateReq_Options_Stream:
		s.Stream = string(v.Stream.GetStreamIdentifier().GetStreamName())
		_, from.end = v.Stream.GetRevisionOption().(*persistent.CreateReq_StreamOptions_End)
		from.at = v.Stream.GetRevision()
	case *persistent.CreateReq_Options_All:
		s.Stream = allStreams
		_, from.end = v.All.GetAllOption().(*persistent.CreateReq_AllOptions_End)
		from.at = v.All.GetPosition().GetCommitPosition()
		err = s.takeFilter(v.All.GetFilter())
	default: // clients older than the option
		s.Stream = string(o.GetStreamIdentifier().GetStreamName()) //nolint:staticcheck // they know no other
		from.at = given.GetRevision()                              //nolint:staticcheck // they know no other
	}
	if from.at >= math.MaxInt64 {
		from.end = true
	}
	if err == nil && (s.Stream == "" || s.Group == "") {
		err = malformed("a persistent subscription has a stream and a group")
	}
	return s, from, err
}

func (s *settings) takeFilter(f *persistent.CreateReq_AllOptions_FilterOptions) error {
	if f == nil {
		return nil
	}
	e := f.GetStreamIdentifier()
	if by := f.GetEventType(); by != nil {
		e, s.ByType = by, true
	}
	s.Regex, s.Prefixes = e.GetRegex(), e.GetPrefix()
	_, err := s.filter()
	return err
}

func updated(o *persistent.UpdateReq_Options) (s settings) {
	s.Group, s.Stream = o.GetGroupName(), allStreams
	if o.GetAll() == nil {
		if s.Stream = string(o.GetStream().GetStreamIdentifier().GetStreamName()); s.Stream == "" {
			s.Stream = string(o.GetStreamIdentifier().GetStreamName()) //nolint:staticcheck // older clients
		}
	}
	s.take(o.GetSettings(), o.GetSettings().GetNamedConsumerStrategy().String())
	return s
}

// streamOrAll names the stream of a request: all, where none is given.
func streamOrAll(all *shared.Empty, id *shared.StreamIdentifier) string {
	if all != nil {
		return allStreams
	}
	return string(id.GetStreamName())
}
