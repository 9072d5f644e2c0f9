package deploy

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

func TestSQLite(t *testing.T) {
	s := newStage(t, "sqlite")
	s.start("sqlite")
	s.healthy("sqlite")
	s.measures("sqlite", "wenxiao_ledger_position 1")
	s.measures("sqlite", "wenxiao_seal_position 1")
}

// TestPostgreSQL: two processes on one database, pages read from a replica, and
// the process that leads goes.
func TestPostgreSQL(t *testing.T) {
	s := newStage(t, "postgres", "replica")
	bin := postgres(t)
	s.database(bin)
	s.replica(bin)
	for _, name := range []string{"one", "two"} {
		reads := "postgres://wenxiao@replica:5432/wenxiao?passfile=/run/secrets/pgpass"
		s.project.Services[name].Environment["WENXIAO_READS"] = &reads
	}
	stop := s.start("one")
	s.healthy("one")
	s.start("two")
	s.healthy("two")
	s.measures("one", "wenxiao_leader 1")
	s.measures("two", "wenxiao_leader 0")
	s.measures("two", "wenxiao_ledger_position 1")
	s.says("two", "/healthz", `"reads":"replica"`)
	stop()
	s.measures("two", "wenxiao_leader 1")
	s.healthy("two")
}

func postgres(t *testing.T) (bin string) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(found) == 0 {
		t.Fatal("no PostgreSQL server: `make test` installs one (Debian: apt-get install postgresql)")
	}
	return found[len(found)-1]
}

// database does what the image of PostgreSQL does with an empty volume.
func (s *stage) database(bin string) {
	s.Helper()
	service := s.project.Services["database"]
	data, port := s.volume(service.Volumes[0]), s.port("database", "5432")
	s.write("password", s.secret("postgres"))
	s.owned(data)
	s.owned(filepath.Join(s.dir, "password"))
	initdb := append([]string{"-D", data, "-U", "postgres", "--pwfile", filepath.Join(s.dir, "password")}, strings.Fields(*service.Environment["POSTGRES_INITDB_ARGS"])...)
	s.succeeds(s.asPostgres(exec.Command(filepath.Join(bin, "initdb"), initdb...)))
	arguments := append(service.Command[1:], "-D", data, "-k", data, "-p", port, "-c", "listen_addresses=127.0.0.1")
	cmd := s.asPostgres(exec.Command(filepath.Join(bin, service.Command[0]), arguments...))
	cmd.Dir = data
	s.run("database", cmd)
	s.answers("database", bin)
	begin := exec.Command("sh", service.Volumes[1].Source)
	begin.Env = append(os.Environ(), "PGHOST="+data, "PGPORT="+port, "PGDATA="+data, "PGPASSWORD="+s.secret("postgres"), "WENXIAO_SECRETS="+s.secrets)
	s.succeeds(begin)
}

// answers waits for a database as the check of its container does.
func (s *stage) answers(name, bin string) {
	s.Helper()
	service := s.project.Services[name]
	service.HealthCheck.Test = []string{"CMD", filepath.Join(bin, "pg_isready"), "-h", "127.0.0.1", "-p", s.port(name, "5432")}
	s.healthy(name)
}

func (s *stage) replica(bin string) {
	s.Helper()
	service := s.project.Services["replica"]
	data := s.volume(service.Volumes[0])
	s.owned(data)
	own := s.volume(types.ServiceVolumeConfig{Type: types.VolumeTypeVolume, Source: "secrets-of-replica"})
	s.write("secrets-of-replica/replica", s.secret("replica"))
	s.owned(filepath.Join(own, "replica"))
	script, err := os.ReadFile(service.Volumes[1].Source)
	if err != nil {
		s.Fatal(err)
	}
	arguments := append([]string{"-c", string(script), "sh"}, service.Command...)
	arguments = append(arguments, "-k", data, "-p", s.port("replica", "5432"), "-c", "listen_addresses=127.0.0.1")
	cmd := s.asPostgres(exec.Command("sh", arguments...))
	cmd.Dir = data
	primary := strings.Replace(*service.Environment["PRIMARY"], "host=database", "host=127.0.0.1 port="+s.port("database", "5432"), 1)
	cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "PGDATA=" + data, "PRIMARY=" + primary, "WENXIAO_SECRETS=" + own}
	s.run("replica", cmd)
	s.answers("replica", bin)
}

func (s *stage) owned(path string) {
	s.Helper()
	if os.Getuid() != 0 {
		return
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		s.Fatal(err)
	}
	uid, _ := strconv.Atoi(who.Uid)
	if err := os.Chown(path, uid, -1); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) succeeds(cmd *exec.Cmd) {
	s.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		s.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// TestNATS: every event goes to a real server of NATS, under nats.conf.
func TestNATS(t *testing.T) {
	s := newStage(t, "nats")
	s.nats()
	s.start("relaying")
	s.healthy("relaying")
	s.measures("relaying", `wenxiao_relay_delivery_seconds_count{target="bus"} 1`)
}

var syncs = regexp.MustCompile(`(?m)^.*sync_interval.*$`)

func (s *stage) nats() {
	s.Helper()
	path, err := exec.LookPath("nats-server")
	if err != nil {
		s.Fatalf("no NATS server in PATH: `make test` installs one: %v", err)
	}
	service := s.project.Services["nats"]
	text, err := os.ReadFile("nats.conf")
	if err != nil {
		s.Fatal(err)
	}
	if out, err := exec.Command(path, "--version").Output(); err == nil && strings.Contains(string(out), "v2.9") {
		s.Log("NATS 2.9 does not know sync_interval: left out")
		text = syncs.ReplaceAll(text, nil)
	}
	s.write("nats.conf", s.here(service, string(text)))
	s.write("token.conf", s.secret("nats"))
	s.write("relay", s.here(service, s.secret("relay")))
	s.run("nats", exec.Command(path, "--config", filepath.Join(s.dir, "nats.conf")))
	relaying := s.project.Services["relaying"]
	for i, word := range relaying.Command {
		relaying.Command[i] = strings.Replace(word, "/run/secrets/relay", filepath.Join(s.dir, "relay"), 1)
	}
}

func (s *stage) secret(name string) string {
	s.Helper()
	text, err := os.ReadFile(filepath.Join(s.secrets, name))
	if err != nil {
		s.Fatal(err)
	}
	return string(text)
}

func (s *stage) write(name, text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// TestStore: the ledger kept over EventStoreDB's protocol, by our own server in
// the place of a real one.
func TestStore(t *testing.T) {
	s := newStage(t, "store")
	s.start("store")
	s.healthy("store")
	s.start("kept")
	s.healthy("kept")
	s.measures("kept", "wenxiao_ledger_position 1")
}

// TestEventStoreDB: a ledger for the real server is told what one for ours is.
func TestEventStoreDB(t *testing.T) {
	real, stand := load(t, "eventstoredb").Services["kept-by-eventstoredb"], load(t, "store").Services["kept"]
	if strings.Join(real.Command, " ") != strings.Join(stand.Command, " ") || *real.Environment["WENXIAO_DB"] != *stand.Environment["WENXIAO_DB"] {
		t.Errorf("%q %v, but %q %v", real.Command, real.Environment, stand.Command, stand.Environment)
	}
}
