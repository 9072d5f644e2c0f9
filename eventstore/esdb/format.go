package esdb

import (
	"encoding/json"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"wenxiao/eventstore"
)

// The ledger is one stream of the server. An event is a record, its data the
// record's and its metadata the envelope, or one of these:
const (
	// writerType says who writes from here on. It ends whatever was begun before
	// and not ended, and makes every append of an earlier writer that is still on
	// its way fail, because the stream is no longer where that expects it.
	writerType = "wenxiao-writer"

	// beginType and endType enclose records that were too many for one append.
	// They count only with the end.
	beginType = "wenxiao-begin"
	endType   = "wenxiao-end"

	// partType holds data of the record after it: all but the last part.
	partType = "wenxiao-part"
)

// appendBytes is the most that is sent in one append. Servers take a megabyte
// unless told otherwise.
const (
	appendBytes = 1<<20 - 1<<16
	perEvent    = 256 // what an event takes beyond its own bytes, at most
	partBytes   = appendBytes - eventstore.MaxEnvelope - 4*perEvent
)

type writerData struct {
	Format int    `json:"format"`
	Writer string `json:"writer"`
}

const format = 1

func control(kind string, content any) (esdb.EventData, error) {
	data, err := json.Marshal(content)
	return esdb.EventData{EventID: uuid.New(), EventType: kind, ContentType: esdb.ContentTypeJson, Data: data}, err
}

// encode makes the events of a record.
func encode(r eventstore.Record) (events []esdb.EventData, err error) {
	data := r.Data
	for len(data) > partBytes {
		events = append(events, esdb.EventData{EventID: uuid.New(), EventType: partType, ContentType: esdb.ContentTypeBinary, Data: data[:partBytes]})
		data = data[partBytes:]
	}
	last := esdb.EventData{EventType: r.Type, ContentType: esdb.ContentTypeBinary, Data: data, Metadata: r.Envelope}
	if len(events) == 0 && json.Valid(data) {
		last.ContentType = esdb.ContentTypeJson
	}
	if last.EventID, err = uuid.Parse(r.ID); err != nil {
		return nil, fmt.Errorf("id of %s@%d: %w", r.Stream, r.Revision, err)
	}
	return append(events, last), nil
}

func size(e esdb.EventData) int { return len(e.Data) + len(e.Metadata) + len(e.EventType) + perEvent }

// portions cuts events into appends.
func portions(events []esdb.EventData) (cut [][]esdb.EventData) {
	from, bytes := 0, 0
	for i, e := range events {
		if n := size(e); i > from && bytes+n > appendBytes {
			cut, from, bytes = append(cut, events[from:i]), i, 0
		}
		bytes += size(e)
	}
	return append(cut, events[from:])
}
