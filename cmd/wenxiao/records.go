package main

import (
	"encoding/json"
	"iter"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// collect returns all records of a sequence, or its error.
func collect(records iter.Seq2[eventstore.Record, error]) (all []eventstore.Record, err error) {
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// exactRecord is a record as programs read it: the two byte strings as they are.
type exactRecord struct {
	Position eventstore.Position `json:"position"`
	Envelope json.RawMessage     `json:"envelope"`
	Data     json.RawMessage     `json:"data"`
}

func exact(records []eventstore.Record) []exactRecord {
	list := make([]exactRecord, len(records))
	for i, r := range records {
		list[i] = exactRecord{r.Position, r.Envelope, r.Data}
	}
	return list
}

// beijing writes t as people read it.
func beijing(t time.Time) string { return t.In(domain.Beijing).Format("2006-01-02 15:04") }
