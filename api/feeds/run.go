package feeds

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"wenxiao/projections/relay"
)

// Run receives from every source but hooks until ctx ends. A broker that is not
// there is asked again and again.
func (in *Inbox) Run(ctx context.Context, log *slog.Logger) {
	var all sync.WaitGroup
	for _, s := range in.Sources {
		folder, local := s.folder()
		switch {
		case s.From == Hook:
		case local:
			all.Go(func() { in.watch(ctx, s, folder, log) })
		default:
			all.Go(func() { in.listen(ctx, s, log) })
		}
	}
	all.Wait()
}

// listen subscribes to a source, again whenever that ends.
func (in *Inbox) listen(ctx context.Context, s Source, log *slog.Logger) {
	const shortest, longest = 250 * time.Millisecond, 10 * time.Second
	for pause := shortest; ctx.Err() == nil; pause = min(2*pause, longest) {
		begun := time.Now()
		err := in.subscribe(ctx, s, log)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begun) > longest {
			pause = shortest
		}
		text := "ended"
		if err != nil {
			text = err.Error()
		}
		log.Warn("feed tries again", "source", s.Name, "err", text, "in", pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (in *Inbox) subscribe(ctx context.Context, s Source, log *slog.Logger) error {
	quiet := relay.WatermillLog(log)
	subscriber, topic, err := s.subscriber(quiet)
	if err != nil {
		return err
	}
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 10 * time.Second}, quiet)
	if err != nil {
		return errors.Join(err, subscriber.Close())
	}
	retry := middleware.Retry{MaxRetries: 5, InitialInterval: 100 * time.Millisecond, Multiplier: 2, MaxInterval: 5 * time.Second}
	router.AddMiddleware(retry.Middleware, middleware.Recoverer)
	router.AddConsumerHandler(s.Name, topic, subscriber, func(m *message.Message) error { return in.take(s, m) })
	log.Info("feed", "source", s.Name, "from", s.Address(), "account", s.Account)
	return router.Run(ctx)
}

// take receives a message of a broker. One that was refused has been kept: for
// the broker it is done.
func (in *Inbox) take(s Source, m *message.Message) error {
	err := in.Receive(m.Context(), s, m.Payload, headers(m))
	if errors.As(err, new(Refused)) {
		return nil
	}
	return err
}

func headers(m *message.Message) http.Header {
	h := http.Header{}
	for name, value := range m.Metadata {
		h.Set(name, value)
	}
	return h
}
