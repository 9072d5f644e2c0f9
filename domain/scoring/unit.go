package scoring

import (
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// A dimension is what units can be turned into one another within. Things that
// are counted are one dimension whatever they are counted as: 只 and 头, 人 and
// 人次 stand in the same column of the same row.
type dimension string

const (
	none     dimension = "" // no unit printed
	percent  dimension = "比率"
	money    dimension = "金额"
	days     dimension = "时间"
	months   dimension = "月数"
	length   dimension = "长度"
	area     dimension = "面积"
	mass     dimension = "重量"
	volume   dimension = "体积"
	marks    dimension = "分数"
	age      dimension = "年龄"
	counting dimension = "数量"
)

type measure struct {
	dimension dimension
	factor    *big.Rat // into the unit of the dimension that has 1
}

func in(d dimension, a, b int64) measure { return measure{d, big.NewRat(a, b)} }

// measures are the units that can be converted.
var measures = map[string]measure{
	"%": in(percent, 1, 1), "‰": in(percent, 1, 10), "个百分点": in(percent, 1, 1), "百分点": in(percent, 1, 1), "成": in(percent, 10, 1),
	"元": in(money, 1, 1), "元人民币": in(money, 1, 1), "人民币": in(money, 1, 1), "角": in(money, 1, 10), "美元": in(counting, 1, 1),
	"秒": in(days, 1, 86400), "分钟": in(days, 1, 1440), "小时": in(days, 1, 24), "h": in(days, 1, 24),
	"天": in(days, 1, 1), "日": in(days, 1, 1), "个工作日": in(days, 1, 1), "工作日": in(days, 1, 1), "个自然日": in(days, 1, 1), "周": in(days, 7, 1), "星期": in(days, 7, 1),
	"个月": in(months, 1, 1), "月": in(months, 1, 1), "年": in(months, 12, 1), "个季度": in(months, 3, 1),
	"毫米": in(length, 1, 1000), "mm": in(length, 1, 1000), "厘米": in(length, 1, 100), "cm": in(length, 1, 100), "米": in(length, 1, 1), "m": in(length, 1, 1),
	"延米": in(length, 1, 1), "公里": in(length, 1000, 1), "千米": in(length, 1000, 1), "km": in(length, 1000, 1), "KM": in(length, 1000, 1),
	"平方米": in(area, 1, 1), "亩": in(area, 2000, 3), "亩次": in(area, 2000, 3), "公顷": in(area, 10_000, 1), "平方公里": in(area, 1_000_000, 1), "平方千米": in(area, 1_000_000, 1),
	"微克": in(mass, 1, 1_000_000_000), "毫克": in(mass, 1, 1_000_000), "mg": in(mass, 1, 1_000_000), "克": in(mass, 1, 1000), "斤": in(mass, 1, 2), "公斤": in(mass, 1, 1), "千克": in(mass, 1, 1), "kg": in(mass, 1, 1), "KG": in(mass, 1, 1), "吨": in(mass, 1000, 1), "t": in(mass, 1000, 1),
	"毫升": in(volume, 1, 1_000_000), "升": in(volume, 1, 1000), "L": in(volume, 1, 1000), "立方米": in(volume, 1, 1), "方": in(volume, 1, 1), "立方": in(volume, 1, 1),
	"分": in(marks, 1, 1), "岁": in(age, 1, 1), "周岁": in(age, 1, 1),
}

// counters are measure words of things counted, for finding where a unit ends.
var counters = strings.Fields(`
	人次 人天 人日 人·次 人 名 位 户次 户 家次 家 个次 个 次 场次 场 套次 套 台次 台 份 本 册 部 项次 项 件次 件 辆次 辆 条 处 座 所 间 栋 幢 只 头 匹 羽 尾 株 棵 粒 枚 张 幅 篇 期 批次 批
	例次 例 起 宗 种 支 队 村 镇 乡 县 片 块 盏 盒 箱 袋 瓶 桶 车次 车 趟 班次 班 对 副 组 门 艘 架 口 眼 根 扇 面 顶 床 卷 节 课时 学时 期次 届 人份 支次 门次 轮 遍 单 样 样本 批样
	TB GB MB 千瓦时 千瓦 兆瓦 度 级 类 个班 分贝 倍 户数 人数 亩数 株数`)

// unitNames are all of them, longest first.
var unitNames = func() []string {
	names := slices.Clone(counters)
	for name := range measures {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := utf8.RuneCountInString(b) - utf8.RuneCountInString(a); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return names
}()

// unitOf cuts a unit off the front of what follows a number.
func unitOf(rest string) (unit, after string) {
	for _, name := range unitNames {
		if after, ok := strings.CutPrefix(rest, name); ok {
			return name, after
		}
	}
	return "", rest
}

// measureOf says what a unit measures: the part before / decides.
func measureOf(unit string) measure {
	head, _, _ := strings.Cut(unit, "/")
	if m, ok := measures[head]; ok {
		return m
	}
	if head == "" {
		return in(none, 1, 1)
	}
	return in(counting, 1, 1)
}
