package esdbgate_test

import (
	"errors"
	"io"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// connect returns a client of the official kind.
func connect(t testing.TB, address string) *esdb.Client {
	t.Helper()
	config, err := esdb.ParseConnectionString(address)
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// readAll reads a stream from its start.
func readAll(t testing.TB, client *esdb.Client, stream string) []*esdb.RecordedEvent {
	t.Helper()
	reading, err := client.ReadStream(t.Context(), stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	events, err := gather(reading)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func gather(reading *esdb.ReadStream) (events []*esdb.RecordedEvent, err error) {
	defer reading.Close()
	for {
		e, err := reading.Recv()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		events = append(events, e.OriginalEvent())
	}
}
