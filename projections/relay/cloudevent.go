package relay

import (
	"encoding/json"
	"strconv"
	"time"

	"wenxiao/eventstore"
)

// ContentType is that of one CloudEvent as JSON.
const ContentType = "application/cloudevents+json; charset=utf-8"

// CloudEvent is a record for other systems (CloudEvents 1.0, structured mode).
type CloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject" doc:"流"`
	Time            time.Time       `json:"time" doc:"入账时刻"`
	DataContentType string          `json:"datacontenttype"`
	Sequence        string          `json:"sequence" doc:"账本位置"`
	StreamRevision  string          `json:"streamrevision"`
	EffectiveAt     time.Time       `json:"effectiveat" doc:"发生时刻"`
	DataHash        string          `json:"datahash"`
	CorrelationID   string          `json:"correlationid,omitempty"`
	CausationID     string          `json:"causationid,omitempty"`
	ActorPerson     string          `json:"actorperson"`
	ActorUnit       string          `json:"actorunit"`
	Data            json.RawMessage `json:"data"`
}

// NewCloudEvent returns the record as other systems get it. Its id is the
// event's: by it they tell a second delivery from another event.
func NewCloudEvent(r eventstore.Record) CloudEvent {
	return CloudEvent{
		SpecVersion: "1.0", ID: r.ID, Source: "urn:wenxiao:ledger", Type: r.Type, Subject: r.Stream, Time: r.RecordedAt,
		DataContentType: "application/json", Sequence: strconv.FormatUint(uint64(r.Position), 10), StreamRevision: strconv.FormatUint(uint64(r.Revision), 10),
		EffectiveAt: r.EffectiveAt, DataHash: r.DataHash, CorrelationID: r.Correlation, CausationID: r.Causation,
		ActorPerson: r.Actor.Person, ActorUnit: r.Actor.Unit, Data: r.Data,
	}
}
