package api

import (
	"strings"
	"testing"
)

func TestAProgrammeIsUnderItsUnitsOwnDepartment(t *testing.T) {
	d := newOffice(t)
	for code, parent := range map[string]string{"101001": "101", "102001": "102"} {
		d.create("finance", "units/"+code+"/register", `{"code":"`+code+`","name":"示例单位","kind":"budgetary","parent":"`+parent+`"}`).entered()
	}
	of := func(unit, department string) string {
		body := strings.Replace(programmeBody, `"unit":"101001"`, `"unit":"`+unit+`"`, 1)
		return strings.Replace(body, `"department":"101"`, `"department":"`+department+`"`, 1)
	}
	if of("102001", "103") == programmeBody {
		t.Fatal("the body names other units")
	}
	before := d.head()
	d.create("unit", "programmes/p7/register", of("101001", "102")).problem(422, "programme.not-its-department")
	d.create("unit", "programmes/p7/register", of("101001", "101001")).problem(422, "programme.not-its-department")
	d.create("department", "programmes/p7/register", of("102001", "101")).problem(422, "programme.not-its-department")
	d.create("department", "programmes/p7/register", of("102001", "102")).problem(403, "permission.unit")
	if d.head() != before {
		t.Error("something was written all the same")
	}
	d.create("unit", "programmes/p7/register", of("101001", "101")).entered()
}
