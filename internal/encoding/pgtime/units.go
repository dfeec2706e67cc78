package pgtime

// Unit is a field of a date, time or interval as extract and date_trunc name it.
type Unit uint8

// The units. UnitUnknown is no word at all, UnitOther a date word that is not a unit.
const (
	UnitUnknown Unit = iota
	UnitOther
	UnitMicroseconds
	UnitMilliseconds
	UnitSecond
	UnitMinute
	UnitHour
	UnitDay
	UnitWeek
	UnitMonth
	UnitQuarter
	UnitYear
	UnitDecade
	UnitCentury
	UnitMillennium
	UnitJulian
	UnitISOYear
	UnitDayOfWeek
	UnitISODayOfWeek
	UnitDayOfYear
	UnitEpoch
	UnitZone
	UnitZoneHour
	UnitZoneMinute
)

var unitOfKind = map[kind]Unit{
	kMicros: UnitMicroseconds, kMillis: UnitMilliseconds, kSecond: UnitSecond, kMinute: UnitMinute, kHour: UnitHour,
	kDay: UnitDay, kWeek: UnitWeek, kMonth: UnitMonth, kQuarter: UnitQuarter, kYear: UnitYear, kDecade: UnitDecade,
	kCentury: UnitCentury, kMillennium: UnitMillennium, kJulian: UnitJulian, kISOYear: UnitISOYear, kDOW: UnitDayOfWeek,
	kISODOW: UnitISODayOfWeek, kDOY: UnitDayOfYear, kZone: UnitZone, kZoneHour: UnitZoneHour, kZoneMinute: UnitZoneMinute,
}

// FindUnit finds the unit that a lower-case word names for extract: those of
// intervals, and epoch, dow and others that only dates have.
func FindUnit(name string) Unit {
	if u := FindIntervalUnit(name); u != UnitUnknown {
		return u
	}
	w := lookupDate(name)
	switch {
	case w.kind == kUnits:
		return unitOfKind[kind(w.value)]
	case w.kind == kReserved && special(w.value) == spEpoch:
		return UnitEpoch
	case w.kind == kReserved:
		return UnitOther
	}
	return UnitUnknown
}

// FindIntervalUnit finds the unit that a lower-case word names in intervals.
func FindIntervalUnit(name string) Unit {
	if w := lookupUnit(name); w.kind == kUnits {
		return unitOfKind[kind(w.value)]
	}
	return UnitUnknown
}

// ISOWeek returns the ISO 8601 week and the year it belongs to.
func ISOWeek(f *Fields) (year, week int) {
	julian := JulianDay(f.Year, f.Month, f.Day)
	// The week belongs to the year of its Thursday.
	thursday := julian - (Weekday(julian)+6)%7 + 3
	year, _, _ = CivilDate(thursday)
	return year, (thursday-JulianDay(year, 1, 1))/7 + 1
}

// ISOWeekStart returns the Julian day of the Monday of an ISO week.
func ISOWeekStart(year, week int) int {
	fourth := JulianDay(year, 1, 4)
	return fourth - (Weekday(fourth)+6)%7 + (week-1)*7
}
