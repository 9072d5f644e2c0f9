package main

import (
	"context"
	"net"
	"path/filepath"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc"

	"wenxiao/api/esdbgate"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/sqlite"
)

// gateSQLite is the EventStoreDB gateway as `wenxiao store serve` opens it, with
// the vendor's client.
var gateSQLite = peer{
	name: "wenxiao gateway, sqlite", kind: protocol, keeps: keeps{global, perStream, "event id", "Merkle"},
	note: "EventStoreDB's protocol over loopback, EventStore-Client-Go v4, one append a call, expected revision",
	open: func(ctx context.Context, dir string) (log, error) {
		store, err := sqlite.Open(filepath.Join(dir, "events.db"))
		if err != nil {
			return nil, err
		}
		return openGate(ctx, store)
	},
}

func gatePostgres(server *server) peer {
	return peer{
		name: "wenxiao gateway, postgres", kind: reaching, keeps: gateSQLite.keeps, note: "the same over PostgreSQL",
		open: func(ctx context.Context, _ string) (log, error) {
			url, err := server.database(ctx)
			if err != nil {
				return nil, err
			}
			store, err := postgres.Open(ctx, url)
			if err != nil {
				return nil, err
			}
			return openGate(ctx, store)
		},
	}
}

type gateLog struct {
	store   eventstore.Store
	gate    *esdbgate.Gate
	server  *grpc.Server
	client  *esdb.Client
	streams sync.Map // writer → uint64, the number of its last event
}

func openGate(ctx context.Context, store eventstore.Store) (log, error) {
	if err := esdbgate.Found(ctx, store); err != nil {
		return nil, err
	}
	gate, err := esdbgate.OverEvents(ctx, store, esdbgate.Options{})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := gate.Server()
	go func() { _ = server.Serve(listener) }()
	config, err := esdb.ParseConnectionString("esdb://" + listener.Addr().String() + "?tls=false&defaultDeadline=60000") // ms: a disk may have much else to do
	if err != nil {
		return nil, err
	}
	config.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	return &gateLog{store: store, gate: gate, server: server, client: client}, err
}

// Append sends payloads only: the ledger behind the gateway adds an envelope of its own.
func (l *gateLog) Append(ctx context.Context, writer, n int) error {
	events := make([]esdb.EventData, n)
	for i := range events {
		events[i] = esdb.EventData{EventType: "monitoring.snapshot-taken.v1", ContentType: esdb.ContentTypeJson, Data: payload}
	}
	options := esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}
	if last, ok := l.streams.Load(writer); ok {
		options.ExpectedRevision = esdb.Revision(last.(uint64))
	}
	done, err := l.client.AppendToStream(ctx, streamName(writer), options, events...)
	if err != nil {
		return err
	}
	l.streams.Store(writer, done.NextExpectedVersion)
	return nil
}

func (l *gateLog) Close() error {
	err := l.client.Close()
	l.server.Stop()
	l.gate.Close()
	if closed := l.store.Close(); err == nil {
		err = closed
	}
	return err
}
