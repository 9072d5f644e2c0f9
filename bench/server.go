package main

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"wenxiao/eventstore/postgres/pgtest"
)

// server is a PostgreSQL server of our own, with fsync on.
type server struct{ address string }

func startServer(context.Context) (*server, error) {
	address, err := pgtest.Server()
	return &server{address}, err
}

// database returns the address of a fresh schema.
func (s *server) database(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.address)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	schema := "bench_" + strings.ToLower(rand.Text())
	if _, err := conn.Exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		return "", err
	}
	u, err := url.Parse(s.address)
	if err != nil {
		return "", err
	}
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// pool returns connections to a fresh schema, enough for a peer that uses one for
// each append under way.
func (s *server) pool(ctx context.Context) (*pgxpool.Pool, error) {
	url, err := s.database(ctx)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 64
	return pgxpool.NewWithConfig(ctx, config)
}
