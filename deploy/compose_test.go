package deploy

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// profiles are the deployments that compose.yaml has.
var profiles = [][]string{{"sqlite"}, {"postgres"}, {"postgres", "replica"}, {"nats"}, {"store"}, {"eventstoredb"}}

// load reads compose.yaml as the program docker compose does.
func load(t *testing.T, profiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"compose.yaml"}, cli.WithProfiles(profiles), cli.WithEnv([]string{"WENXIAO_PORT=8080"}))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(project.Services) == 0 {
		t.Fatalf("profiles %s have no services", profiles)
	}
	return project
}

func TestContainersAreHardened(t *testing.T) {
	for _, profile := range profiles {
		for name, s := range load(t, profile...).Services {
			if !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Privileged {
				t.Errorf("%s may do more than it needs", name)
			}
			if !s.ReadOnly && name != "eventstoredb" {
				t.Errorf("%s may write into its image", name)
			}
			if ours(s) && s.User != "65532:65532" {
				t.Errorf("%s runs as %q", name, s.User)
			}
			for _, p := range s.Ports {
				if ip := net.ParseIP(p.HostIP); ip == nil || !ip.IsLoopback() {
					t.Errorf("%s is published at %q", name, p.HostIP)
				}
			}
		}
	}
}

func ours(s types.ServiceConfig) bool { return s.Image == "wenxiao" }

// TestOneDeploymentPublishesOnePort keeps two services of a profile from wanting
// the same port of the host.
func TestOneDeploymentPublishesOnePort(t *testing.T) {
	for _, profile := range profiles {
		ports := 0
		for _, s := range load(t, profile...).Services {
			ports += len(s.Ports)
		}
		if ports != 1 {
			t.Errorf("profiles %s publish %d ports", profile, ports)
		}
	}
}

// TestMountedFilesAreThere: a file that is not there is mounted as an empty folder.
func TestMountedFilesAreThere(t *testing.T) {
	made := secrets(t)
	for _, profile := range profiles {
		project := load(t, profile...)
		for name, s := range project.Services {
			for _, v := range s.Volumes {
				if _, err := os.Stat(v.Source); v.Type == types.VolumeTypeBind && err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if v.Type == types.VolumeTypeBind && !v.ReadOnly {
					t.Errorf("%s may write to %s", name, v.Source)
				}
			}
			for _, secret := range s.Secrets {
				if _, err := os.Stat(filepath.Join(made, filepath.Base(project.Secrets[secret.Source].File))); err != nil {
					t.Errorf("%s: prepare does not make %s: %v", name, secret.Source, err)
				}
			}
		}
	}
}

// secrets makes what compose.yaml mounts, twice: the second time changes nothing.
func secrets(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "secrets")
	var first map[string]string
	for range 2 {
		if out, err := exec.CommandContext(t.Context(), "./prepare", dir).CombinedOutput(); err != nil {
			t.Fatalf("prepare: %v\n%s", err, out)
		}
		now := map[string]string{}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			content, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			now[f.Name()] = string(content)
		}
		if first != nil && !maps.Equal(first, now) {
			t.Error("prepare made secrets anew")
		}
		first = now
	}
	return dir
}

// TestImageHasEverySource: .dockerignore lets through what the build reads.
func TestImageHasEverySource(t *testing.T) {
	text, err := os.ReadFile("../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	let := strings.Fields(string(text))
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "timetzdata", "-f", `{{if and .Module .Module.Main}}{{.Dir}}{{end}}`, "./cmd/wenxiao")
	list.Dir, list.Env = "..", append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range strings.Fields(string(out)) {
		first, _, _ := strings.Cut(strings.TrimPrefix(dir, top+string(filepath.Separator)), string(filepath.Separator))
		if !slices.Contains(let, "!"+first) {
			t.Errorf("the build needs %s", dir)
		}
	}
}
