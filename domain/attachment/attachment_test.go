package attachment_test

import (
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/attachment"
)

var (
	digest  = strings.Repeat("9f", 32)
	sm3     = strings.Repeat("55", 32)
	clerk   = domain.Actor{Person: "p1", Unit: "205001"}
	finance = domain.Actor{Person: "p3", Unit: "1"}
	cited   = domain.Fact{Event: "018f", Holds: true, Text: "账本位置 12"}

	deposited = Deposited{Digest: digest, SM3: sm3, Size: 4, MediaType: "text/plain", Name: "佐证.txt", Unit: "205001", Programme: "stadium", Year: 2022, By: "p1"}
	others    = Deposited{Digest: digest, SM3: sm3, Size: 4, MediaType: "text/plain", Name: "佐证.txt", Unit: "205002", By: "p9"}
	mistaken  = Withdrawn{Ground: Mistake, Reason: "交错了文件"}
	erased    = Withdrawn{Ground: ByLaw, Reason: "附有身份证号", Article: "个人信息保护法 第四十七条", Document: "示例文 1 号"}

	one = []Event{deposited}
	two = []Event{deposited, others}
)

func deposit(changes ...func(*Deposit)) Deposit {
	c := Deposit{Name: "佐证.txt", Unit: "205001", Programme: "stadium", Year: 2022, Digest: digest, SM3: sm3, Size: 4, MediaType: "text/plain", By: clerk}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func withdraw(w Withdrawn, by domain.Actor, cited ...domain.Fact) Withdraw {
	c := Withdraw{Ground: w.Ground, Reason: w.Reason, Article: w.Article, Document: w.Document, By: by}
	for _, f := range cited {
		c.Cited = f
	}
	return c
}

func TestDecide(t *testing.T) {
	renamed := deposited
	renamed.Name = "另一名称.txt"
	for _, tt := range []struct {
		name  string
		given []Event
		when  Command
		then  []Event
		codes string
	}{
		{"a file is handed in", nil, deposit(), []Event{deposited}, ""},
		{"the same again changes nothing", one, deposit(), nil, ""},
		{"under another name it is another deposit", one, deposit(func(c *Deposit) { c.Name = "另一名称.txt" }), []Event{renamed}, ""},
		{"in nobody's programme", nil, deposit(func(c *Deposit) { c.Programme, c.Year = "", 0 }), []Event{Deposited{Digest: digest, SM3: sm3, Size: 4, MediaType: "text/plain", Name: "佐证.txt", Unit: "205001", By: "p1"}}, ""},
		{
			"all that is wrong is said at once", nil, Deposit{Programme: "二〇五", Year: 9},
			nil, "attachment.malformed-name attachment.no-digest attachment.empty attachment.unknown-type unit.malformed-code programme.malformed-code attachment.no-year",
		},
		{"a year is of a programme", nil, deposit(func(c *Deposit) { c.Programme = "" }), nil, "attachment.no-year"},
		{"a digest is in small hex", nil, deposit(func(c *Deposit) { c.Digest = strings.ToUpper(digest) }), nil, "attachment.no-digest"},
		{"what was withdrawn by mistake may come back", append(one, mistaken), deposit(), []Event{deposited}, ""},
		{"what was withdrawn by law may not", append(one, erased), deposit(), nil, "attachment.withdrawn-by-law"},
		{"also not as another deposit", append(one, erased), deposit(func(c *Deposit) { c.Name = "x.txt" }), nil, "attachment.withdrawn-by-law"},

		{"a mistake is taken back", one, withdraw(mistaken, clerk), []Event{mistaken}, ""},
		{"not once an act rests on it", one, withdraw(mistaken, clerk, cited), nil, "attachment.cited"},
		{"nor what others handed in", two, withdraw(mistaken, clerk), nil, "attachment.of-several"},
		{"the law takes it from all", two, withdraw(erased, finance, cited), []Event{erased}, ""},
		{"with article and document", one, Withdraw{Ground: ByLaw, By: finance}, nil, "attachment.no-reason attachment.no-article attachment.no-document"},
		{"nobody removes their own evidence", one, withdraw(erased, clerk, cited), nil, "attachment.own-evidence"},
		{"but what no act rests on", one, withdraw(erased, clerk), []Event{erased}, ""},
		{"a ground is one of two", one, Withdraw{Ground: "过时", Reason: "x"}, nil, "attachment.unknown-ground"},
		{"not twice", append(one, mistaken), withdraw(mistaken, clerk), nil, "attachment.already-withdrawn"},
		{"nor what never was", nil, withdraw(mistaken, clerk), nil, "attachment.not-deposited"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.when.Decide(domain.Replay[State](tt.given...))
			if c := codes(err); c != tt.codes {
				t.Fatalf("refused with %q, want %q", c, tt.codes)
			}
			if !reflect.DeepEqual(got, tt.then) {
				t.Errorf("decided %+v, want %+v", got, tt.then)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"整改佐证材料（第 1 项）.pdf": true, "a.tar.xlsx": true, strings.Repeat("长", 83) + ".csv": true,
		"": false, "  ": false, "..": false, strings.Repeat("长", 84) + ".csv": false, "../etc/passwd": false, `C:\a.pdf`: false,
		"a\x00.pdf": false, "a\u202efdp.exe": false, "a\u200b.pdf": false, "a\n.pdf": false, "\xff.pdf": false, "a<b>.pdf": false,
	} {
		err := CheckName(name)
		if (err == nil) != ok || err != nil && codes(err) != "attachment.malformed-name" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestWhatAnActMayRestOn(t *testing.T) {
	for want, history := range map[string][]Event{
		"": one, "attachment.not-deposited": nil, "attachment.withdrawn": append(one, mistaken),
	} {
		s := domain.Replay[State](history...)
		if err := s.Citable(digest); codes(err) != want || (want == "") != s.Kept() {
			t.Errorf("%v, want %q", err, want)
		}
	}
	again := domain.Replay[State](append(one, mistaken, deposited)...)
	if err := again.Citable(digest); err != nil {
		t.Errorf("handed in again: %v", err)
	}
	many := make([]string, MostPerAct+1)
	for i := range many {
		many[i] = strings.Repeat("0", 62) + string([]byte{'0' + byte(i/10), '0' + byte(i%10)})
	}
	for want, digests := range map[string][]string{
		"": many[:MostPerAct], "attachment.too-many": many, "attachment.malformed-digest": {"../../etc"}, "attachment.named-twice": {digest, digest},
	} {
		if err := CheckDigests(digests); codes(err) != want {
			t.Errorf("%d digests: %v, want %q", len(digests), err, want)
		}
	}
}

func TestStreamNamesTheFile(t *testing.T) {
	if d, ok := Digest(Stream(digest)); d != digest || !ok {
		t.Error(d, ok)
	}
	for _, other := range []string{"goal-p-2022", "attachment-x", "018f", digest} {
		if _, ok := Digest(other); ok {
			t.Errorf("%s names a file", other)
		}
	}
}

func codes(err error) string {
	var list []string
	for _, no := range domain.Refused(err) {
		list = append(list, no.Code)
	}
	return strings.Join(list, " ")
}
