package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// jetstreams are a JetStream stream in files, one replica, fsync on every write,
// published to with the acknowledgement awaited: as it comes, and doing what a
// ledger must, which is to refuse a version that is taken and a message repeated.
func jetstreams() []peer {
	return []peer{
		{
			name: "jetstream (fsync)", kind: protocol, keeps: keeps{global, absent, absent, absent},
			note: "nats-server in this process, sync_interval: always, file, 1 replica, publish awaits its ack",
			open: func(ctx context.Context, dir string) (log, error) { return openJetStream(ctx, dir, false) },
		},
		{
			name: "jetstream (fsync, checking)", kind: protocol, keeps: keeps{global, perStream, "2 minutes", absent},
			note: "the same with Nats-Msg-Id and Nats-Expected-Last-Subject-Sequence",
			open: func(ctx context.Context, dir string) (log, error) { return openJetStream(ctx, dir, true) },
		},
	}
}

type natsLog struct {
	server   *natsserver.Server
	conn     *nats.Conn
	stream   jetstream.JetStream
	checking bool
	next     atomic.Int64
	last     sync.Map // writer → sequence of its last message
}

func openJetStream(ctx context.Context, dir string, checking bool) (log, error) {
	s, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoLog: true, NoSigs: true, JetStream: true, StoreDir: dir, SyncAlways: true,
		JetStreamMaxStore: 64 << 30,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	const patience = time.Minute // of a client with a disk that has much else to do
	if !s.ReadyForConnections(patience) {
		return nil, errors.New("nats-server does not answer")
	}
	l := &natsLog{server: s, checking: checking}
	if l.conn, err = nats.Connect(s.ClientURL(), nats.Timeout(patience)); err != nil {
		return nil, err
	}
	if l.stream, err = jetstream.New(l.conn, jetstream.WithPublishAsyncMaxPending(2*bulk), jetstream.WithDefaultTimeout(patience)); err != nil {
		return nil, err
	}
	_, err = l.stream.CreateStream(ctx, jetstream.StreamConfig{Name: "events", Subjects: []string{"events.>"}, Storage: jetstream.FileStorage, Replicas: 1})
	return l, err
}

func (l *natsLog) Append(ctx context.Context, writer, n int) error {
	if n == 1 {
		ack, err := l.stream.PublishMsg(ctx, natsEvent(writer), l.options(writer)...)
		if err == nil {
			l.last.Store(writer, ack.Sequence)
		}
		return err
	}
	acks := make([]jetstream.PubAckFuture, 0, n)
	for range n { // one after another and awaited together: not one transaction
		ack, err := l.stream.PublishMsgAsync(natsEvent(writer))
		if err != nil {
			return err
		}
		acks = append(acks, ack)
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func natsEvent(writer int) *nats.Msg {
	return &nats.Msg{Subject: "events." + streamName(writer), Data: blank()}
}

func (l *natsLog) options(writer int) []jetstream.PublishOpt {
	if !l.checking {
		return nil
	}
	last, _ := l.last.LoadOrStore(writer, uint64(0))
	return []jetstream.PublishOpt{
		jetstream.WithMsgID(fmt.Sprintf("bench-%d", l.next.Add(1))),
		jetstream.WithExpectLastSequencePerSubject(last.(uint64)),
	}
}

func (l *natsLog) Close() error {
	l.conn.Close()
	l.server.Shutdown()
	l.server.WaitForShutdown()
	return nil
}
