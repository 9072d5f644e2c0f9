package api

import (
	"net/http"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/programme"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

// A published table names real bodies: through the API too the demonstration
// lets nobody do anything in their name.
func TestTheDemonstrationActsOnNoRealBody(t *testing.T) {
	for _, on := range []bool{true, false} {
		d := newOffice(t, func(s *Server) { s.Demo = on })
		source := &domain.Source{Title: "项目支出绩效自评表"}
		meta := eventstore.Meta{Actor: domain.Actor{Person: "system", Name: "系统导入", Unit: "system", Capacity: "system"}, Command: "import-1"}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := eventstore.Execute(t.Context(), d.store, unit.Stored, unit.Stream("900"), 0, unit.Register{Code: "900", Name: "某县粮食局", Kind: unit.Budgetary, Source: source}, meta)
		must(err)
		meta.Command = "import-2"
		_, err = eventstore.Execute(t.Context(), d.store, programme.Stored, programme.Stream("real"), 0, programme.Register{
			Code: "real", Name: "县级储备粮", Kind: programme.Project, Unit: "900", UnitName: "某县粮食局", Department: "900", DepartmentName: "某县粮食局",
			FundBook: programme.UnstatedFundBook, From: 2020, Jurisdiction: "national", Source: source,
		}, meta)
		must(err)
		must(d.server.settle(t.Context()))
		acts := map[string]reply{
			"mark-major": d.change("finance", "programmes/real/mark-major", 1, `{"reason":"金额大","document":"1号"}`),
			"rename":     d.change("finance", "units/900/rename", 1, `{"name":"某县储备局","since":"2026-01-01","document":"1号"}`),
			"register":   d.create("finance", "programmes/new1/register", `{"name":"新项目","kind":"project","unit":"900","unitName":"某县粮食局","department":"900","departmentName":"某县粮食局","fundBook":"general","from":2026,"jurisdiction":"xinzhou"}`),
		}
		for what, r := range acts {
			if on {
				r.problem(http.StatusForbidden, "demo.real-body")
			} else if r.Code == http.StatusForbidden {
				t.Errorf("%s outside the demonstration: %s", what, r.Body)
			}
		}
	}
}
