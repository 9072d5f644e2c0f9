package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/sqlite"
)

// serving runs store serve and returns the address it prints.
func serving(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	var errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"store", "serve", "--listen", "127.0.0.1:0"}, args...), strings.NewReader(""), in, &errs)
		_ = in.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("store serve ended with %d: %s", code, &errs)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("store serve printed no address: %v", err)
	}
	_, address, _ := strings.Cut(strings.TrimSpace(line), "esdb://")
	return address
}

func dial(t *testing.T, address string) *esdb.Client {
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

// certificate makes a certificate for 127.0.0.1 and returns its files.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "node.crt"), filepath.Join(dir, "node.key")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func registerUnit(t *testing.T, store eventstore.Store, n int) {
	t.Helper()
	code := domain.UnitCode(fmt.Sprintf("u%d", n))
	register := unit.Register{Code: code, Name: "示例单位", Kind: unit.Budgetary}
	if _, err := eventstore.Execute(t.Context(), store, unit.Stored, unit.Stream(code), 0, domain.Command[unit.State, unit.Event](register), eventstore.Meta{}); err != nil {
		t.Fatal(err)
	}
}

const longPassword = "correct horse battery staple"

func addAccount(t *testing.T, url, name string, role accounts.Role) {
	t.Helper()
	all, err := accounts.Open(t.Context(), place{url: url}.accounts())
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	if err := all.Add(t.Context(), accounts.Account{Username: name, Person: name, Name: "某人", Post: "科员", Unit: "001", Role: role}, longPassword); err != nil {
		t.Fatal(err)
	}
}

// TestAuditorReplaysTheLedger has an auditor's own client read the ledger over
// TLS while another process writes it, and compute the tree from what it got.
func TestAuditorReplaysTheLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.db")
	store, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for n := range 100 {
		registerUnit(t, store, n)
	}
	addAccount(t, "sqlite:"+path, "auditor", accounts.Auditor)
	addAccount(t, "sqlite:"+path, "filer", accounts.Filer)
	addAccount(t, "sqlite:"+path, "keeper", accounts.Admin)
	cert, key := certificate(t)
	address := serving(t, "--db", "sqlite:"+path, "--tls-cert", cert, "--tls-key", key)
	as := func(user, password string) *esdb.Client {
		password = strings.ReplaceAll(password, " ", "%20")
		return dial(t, "esdb://"+user+":"+password+"@"+address+"&tlsCAFile="+cert)
	}
	client := as("auditor", longPassword)
	sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	registerUnit(t, store, 100)
	var tree eventstore.Tree
	for tree.Size < 101 {
		got := sub.Recv()
		if got.SubscriptionDropped != nil {
			t.Fatal(got.SubscriptionDropped.Error)
		}
		if got.EventAppeared == nil {
			continue
		}
		e := got.EventAppeared.Event
		tree = tree.Add(e.UserMetadata)
		r, err := eventstore.Open(eventstore.Position(e.Position.Commit), e.UserMetadata, e.Data)
		if err != nil || r.CheckData() != nil || r.ID != e.EventID.String() || uint64(r.Revision) != e.EventNumber+1 || r.Stream != e.StreamID {
			t.Fatalf("event %+v is not its record %+v: %v", e, r, err)
		}
	}
	if want, err := store.Tree(t.Context()); err != nil || tree.Root() != want.Root() {
		t.Errorf("the auditor computed %v, the ledger has %v, %v", tree.Root(), want.Root(), err)
	}

	some := esdb.EventData{EventType: "t", Data: []byte("{}")}
	_, err = client.AppendToStream(t.Context(), "unit-u0", esdb.AppendToStreamOptions{}, some)
	checkCode(t, "append", err, esdb.ErrorCodeAccessDenied)
	_, err = client.DeleteStream(t.Context(), "unit-u0", esdb.DeleteStreamOptions{})
	checkCode(t, "delete", err, esdb.ErrorCodeAccessDenied)
	_, err = client.TombstoneStream(t.Context(), "unit-u0", esdb.TombstoneStreamOptions{})
	checkCode(t, "tombstone", err, esdb.ErrorCodeAccessDenied)
	err = client.CreatePersistentSubscription(t.Context(), "unit-u0", "g", esdb.PersistentStreamSubscriptionOptions{})
	checkCode(t, "a group", err, esdb.ErrorCodeAccessDenied)
	checkCode(t, "a filer reads", readOne(t, as("filer", longPassword)), esdb.ErrorCodeAccessDenied)
	checkCode(t, "who keeps the system reads", readOne(t, as("keeper", longPassword)), esdb.ErrorCodeAccessDenied)
	checkCode(t, "a wrong password", readOne(t, as("auditor", "wrong")), esdb.ErrorCodeUnauthenticated)
	if head, err := store.Head(t.Context()); err != nil || head != 101 {
		t.Errorf("the ledger is at %d, %v", head, err)
	}
}

func readOne(t *testing.T, client *esdb.Client) error {
	reading, err := client.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, 1)
	if err != nil {
		return err
	}
	defer reading.Close()
	_, err = reading.Recv()
	return err
}

func checkCode(t *testing.T, what string, err error, want esdb.ErrorCode) {
	t.Helper()
	var e *esdb.Error
	if !errors.As(err, &e) || e.Code() != want {
		t.Errorf("%s: %v", what, err)
	}
}

// TestLedgerOnAnEventStore keeps a ledger on a server of the protocol and its
// tables beside it: opened, written, closed and read by another command.
func TestLedgerOnAnEventStore(t *testing.T) {
	dir := t.TempDir()
	address := "esdb://" + serving(t, "--insecure", "--db", "sqlite:"+filepath.Join(dir, "events.db"))
	p := place{url: address, home: filepath.Join(dir, "home")}
	site, err := openSite(t.Context(), p, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	registerUnit(t, site.store, 1)
	if err := catchUp(t.Context(), site.runner, site.store); err != nil {
		t.Fatal(err)
	}
	if err := site.Close(); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	for _, command := range []string{"log", "doctor"} {
		if code := run(t.Context(), []string{command, "--db", address, "--home", p.home}, strings.NewReader(""), &out, &errs); code != 0 {
			t.Errorf("%s ended with %d: %s%s", command, code, &out, &errs)
		}
	}
	for _, want := range []string{"登记单位“示例单位”", "没有发现问题"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing of\n%s", want, &out)
		}
	}
	if code := run(t.Context(), []string{"store", "serve", "--insecure", "--db", address, "--home", p.home}, strings.NewReader(""), &out, &errs); code != exitInput {
		t.Errorf("a gate over a server of the protocol: %d", code)
	}
}

// TestStoreSaysHowItIs counts an append, a subscription and a call nobody may make
// up a name for.
func TestStoreSaysHowItIs(t *testing.T) {
	at := free(t)
	client := dial(t, "esdb://"+serving(t, "--insecure", "--metrics", at, "--db", "sqlite:"+filepath.Join(t.TempDir(), "events.db")))
	sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if _, err := client.AppendToStream(t.Context(), "s", esdb.AppendToStreamOptions{}, esdb.EventData{EventType: "t", Data: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	for {
		if got := sub.Recv(); got.SubscriptionDropped != nil {
			t.Fatal(got.SubscriptionDropped.Error)
		} else if got.EventAppeared != nil && got.EventAppeared.OriginalEvent().StreamID == "s" {
			break
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if said, err := standing(at, path); err != nil || said != "ok" {
			t.Errorf("%s: %q %v", path, said, err)
		}
	}
	said, err := standing(at, "/metrics")
	for _, want := range []string{
		`wenxiao_store_connections 1`, `wenxiao_store_calls{method="/event_store.client.streams.Streams/Read"} 1`,
		`wenxiao_appends_total{outcome="added"} 1`, "wenxiao_store_position ", "wenxiao_records_total ",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the metrics lack %s: %v", want, err)
		}
	}
	if code := run(t.Context(), []string{"store", "serve", "--insecure", "--listen", "127.0.0.1:0", "--metrics", "0.0.0.0:0", "--db", "sqlite:" + filepath.Join(t.TempDir(), "e.db")}, strings.NewReader(""), io.Discard, io.Discard); code != exitInput {
		t.Errorf("the metrics are offered to the world: %d", code)
	}
}

// TestNotReadyIsSaidWithoutTheReason: whoever asks may not read the log.
func TestNotReadyIsSaidWithoutTheReason(t *testing.T) {
	server := httptest.NewServer(answers(func(context.Context) error { return errors.New("password of the database") }))
	defer server.Close()
	_, err := standing(strings.TrimPrefix(server.URL, "http://"), "/readyz")
	if no := domain.Refused(err); len(no) != 1 || no[0].Code != "ready.not" || !strings.Contains(no[0].Reason, "答 503") || strings.Contains(no[0].Reason, "password") {
		t.Error(err)
	}
}

// free is an address of this machine that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestStoreServedFromPostgres makes an event store in an empty database, opens
// it again, and serves a ledger in another database read-only.
func TestStoreServedFromPostgres(t *testing.T) {
	url := pgtest.URL(t)
	write := func(revision uint64, expected esdb.ExpectedRevision) {
		t.Helper()
		client := dial(t, "esdb://"+serving(t, "--insecure", "--db", url))
		done, err := client.AppendToStream(t.Context(), "s", esdb.AppendToStreamOptions{ExpectedRevision: expected}, esdb.EventData{EventType: "t", Data: []byte{0, 255}})
		if err != nil || done.NextExpectedVersion != revision {
			t.Errorf("append %d: %+v, %v", revision, done, err)
		}
	}
	t.Run("made", func(t *testing.T) { write(0, esdb.NoStream{}) })
	t.Run("opened again", func(t *testing.T) { write(1, esdb.Revision(0)) })

	ledger := pgtest.URL(t)
	store, err := postgres.Open(t.Context(), ledger)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	registerUnit(t, store, 1)
	client := dial(t, "esdb://"+serving(t, "--insecure", "--db", ledger))
	_, err = client.AppendToStream(t.Context(), "s", esdb.AppendToStreamOptions{}, esdb.EventData{EventType: "t"})
	checkCode(t, "append", err, esdb.ErrorCodeAccessDenied)
	registerUnit(t, store, 2) // it still leads
	if err := readOne(t, client); err != nil {
		t.Error(err)
	}

	// A ledger that cannot be read just now is not taken for an empty place, and
	// so not from who writes it.
	db, err := sql.Open("pgx", ledger)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `update ledger_head set version = 99`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openServed(t.Context(), place{url: ledger}); err == nil {
		t.Error("a ledger of another format is opened")
	}
	registerUnit(t, store, 3)
}
