package main

import (
	"context"

	"github.com/ThreeDotsLabs/watermill"
	wmsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5/pgxpool"
)

// watermillPostgres is Watermill's SQL publisher with its default schema, each
// message one insert that is a transaction of its own.
func watermillPostgres(server *server) peer {
	return peer{
		name: "watermill sql", kind: database, keeps: keeps{commits, absent, absent, absent},
		note: "DefaultPostgreSQLSchema, payload BYTEA, pgx, one insert a publish, synchronous_commit=on",
		open: func(ctx context.Context, _ string) (log, error) {
			pool, err := server.pool(ctx)
			if err != nil {
				return nil, err
			}
			publisher, err := wmsql.NewPublisher(wmsql.BeginnerFromPgx(pool), wmsql.PublisherConfig{
				SchemaAdapter:        wmsql.DefaultPostgreSQLSchema{GeneratePayloadType: func(string) string { return "BYTEA" }},
				AutoInitializeSchema: true,
			}, watermill.NopLogger{})
			return &watermillLog{publisher, pool}, err
		},
	}
}

type watermillLog struct {
	publisher *wmsql.Publisher
	pool      *pgxpool.Pool
}

func (l *watermillLog) Append(ctx context.Context, writer, n int) error {
	messages := make([]*message.Message, n)
	for i := range messages {
		messages[i] = message.NewMessageWithContext(ctx, watermill.NewUUID(), blank())
		messages[i].Metadata.Set("stream", streamName(writer))
	}
	return l.publisher.Publish("events", messages...)
}

func (l *watermillLog) Close() error {
	err := l.publisher.Close()
	l.pool.Close()
	return err
}
