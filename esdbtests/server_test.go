package esdbtests

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"wenxiao/api/esdbgate"
	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
)

// The user that every suite signs in as.
const user, password = "admin", "changeit"

// authenticate knows that user and no other.
func authenticate(_ context.Context, name, given, _ string) (esdbgate.Caller, error) {
	if name != user || given != password {
		return esdbgate.Caller{}, esdbgate.ErrNobody
	}
	return esdbgate.Caller{Rights: esdbgate.Everything}, nil
}

// founded opens a new event store in SQLite.
func founded(t *testing.T) eventstore.Store {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := esdbgate.Found(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	return store
}

// serve serves a store at a port, with TLS and the one user if there is a
// certificate.
func serve(t *testing.T, store eventstore.Store, port int, certificate *tls.Certificate, options esdbgate.Options) {
	t.Helper()
	var serverOptions []grpc.ServerOption
	if certificate != nil {
		options.Authenticate = authenticate
		serverOptions = append(serverOptions, grpc.Creds(credentials.NewServerTLSFromCert(certificate)))
	}
	gate, err := esdbgate.OverEvents(t.Context(), store, options)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatalf("the suites need their ports free: %v", err)
	}
	server := gate.Server(serverOptions...)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		gate.Close()
	})
}

// cluster serves one store at three ports, of which the first leads.
func cluster(t *testing.T, store eventstore.Store, certificate *tls.Certificate) {
	leader := esdbgate.Node{Host: "localhost", Port: 2111, Leader: true}
	nodes := []esdbgate.Node{leader, {Host: "localhost", Port: 2112}, {Host: "localhost", Port: 2113}}
	serve(t, store, 2111, certificate, esdbgate.Options{Nodes: nodes})
	serve(t, store, 2112, certificate, esdbgate.Options{Nodes: nodes, Leader: &leader})
	serve(t, store, 2113, certificate, esdbgate.Options{Nodes: nodes, Leader: &leader})
}

// seed writes what the suites expect to find: the stream of users, and some
// events.
func seed(t *testing.T, address string, events int) {
	t.Helper()
	config, err := esdb.ParseConnectionString(address)
	if err != nil {
		t.Fatal(err)
	}
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	any := esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}
	for i := range 1 + events {
		stream := "$users"
		if i > 0 {
			stream = "seed"
		}
		if _, err := client.AppendToStream(t.Context(), stream, any, esdb.EventData{EventType: "$User", ContentType: esdb.ContentTypeJson, Data: []byte(`"admin"`)}); err != nil {
			t.Fatal(err)
		}
	}
}

// leaf makes a certificate for localhost, valid for an hour, signed by the
// authority in a folder, or by itself if that is "".
func leaf(t *testing.T, authority string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	parent, signer := template, crypto.PrivateKey(key)
	if authority != "" {
		pair, err := tls.LoadX509KeyPair(filepath.Join(authority, "ca.crt"), filepath.Join(authority, "ca.key"))
		if err != nil {
			t.Fatal(err)
		}
		parent, signer = pair.Leaf, pair.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// authorityFile writes a certificate for clients that want to read it.
func authorityFile(t *testing.T, certificate *tls.Certificate) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.crt")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
