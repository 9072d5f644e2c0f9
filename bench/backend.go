package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/sqlite"
)

// A backend is where a ledger and its tables are kept.
type backend struct {
	name string
	open func(ctx context.Context) (eventstore.Store, string, error) // the store and the address of its tables
}

func sqliteBackend(p plan) backend {
	return backend{"sqlite", func(context.Context) (eventstore.Store, string, error) {
		dir, err := os.MkdirTemp(p.dir, "city-")
		if err != nil {
			return nil, "", err
		}
		store, err := sqlite.Open(filepath.Join(dir, "ledger.db"))
		return store, "sqlite:" + filepath.Join(dir, "ledger.db.views"), err
	}}
}

func postgresBackend(server *server) backend {
	return backend{"postgres", func(ctx context.Context) (eventstore.Store, string, error) {
		url, err := server.database(ctx)
		if err != nil {
			return nil, "", err
		}
		store, err := postgres.Open(ctx, url)
		return store, url, err
	}}
}

// eachBackend measures on each of those asked for; its errors say on which.
func (p plan) eachBackend(ctx context.Context, measure func(backend) error) error {
	server, err := startServer(ctx)
	if err != nil {
		return err
	}
	for _, b := range []backend{sqliteBackend(p), postgresBackend(server)} {
		if !slices.Contains(p.backends, b.name) {
			continue
		}
		if err := measure(b); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}
