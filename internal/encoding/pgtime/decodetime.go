package pgtime

import "strings"

// decodeTimeOnly reads a time of day. A date may come with it, so that a zone's
// offset can be found, but only in places where it cannot be taken for a time.
func (d *decoder) decodeTimeOnly(s string, space int) error {
	fields, ok := split(s, space)
	if !ok {
		return errBadFormat
	}
	d.timeOnly = true
	for i := range fields {
		got, err := d.timeOnlyField(fields, i)
		if err != nil {
			return err
		}
		if got&d.seen != 0 {
			return errBadFormat
		}
		d.seen |= got
	}
	if err := d.finishDate(); err != nil {
		return err
	}
	if d.overflows() {
		return errOverflow
	}
	if d.seen&maskTime != maskTime {
		return errBadFormat
	}
	return d.finishTimeZone()
}

func (d *decoder) timeOnlyField(fields []field, i int) (mask, error) {
	text := fields[i].text
	last := fields[len(fields)-1].typ
	switch fields[i].typ {
	case fDate:
		switch {
		case i == 0 && len(fields) >= 2 && (last == fDate || fields[1].typ == fTime):
			return d.date(text)
		case isDigit(text[0]):
			if d.seen&maskTime == maskTime {
				return 0, errBadFormat
			}
			fields[i].typ = fTime
			return d.timeWithOffset(text, d.seen|maskDate)
		}
		fields[i].typ = fTZ
		return d.zoneName(text)
	case fTime:
		return maskTime, d.clock(text)
	case fTZ:
		return d.offsetField(text)
	case fNumber:
		if d.labelTime || d.label != noLabel {
			return d.labelled(text)
		}
		dot := strings.IndexByte(text, '.')
		switch {
		case dot >= 0 && i == 0 && len(fields) >= 2 && last == fDate:
			return d.date(text)
		case dot > 2, dot < 0 && len(text) > 4:
			return d.runTogether(text, d.seen|maskDate)
		case dot >= 0:
			return 0, errBadFormat
		}
		return d.number(text, false, d.seen|maskDate)
	}
	return d.wordField(fields, i)
}

// finishTimeZone finds the offset of a zone that may need a date: the one given,
// or today.
func (d *decoder) finishTimeZone() error {
	modifier := d.seen&bit(kDTZMod) != 0
	if d.zone != nil {
		if modifier {
			return errBadFormat
		}
		if west, ok := LocationZone(d.zone).Constant(); ok {
			d.f.Zone = west
			return nil
		}
		if d.seen&maskDate != maskDate {
			return errBadFormat
		}
		d.f.Zone = ZoneOffset(&d.f, d.zone)
		return nil
	}
	if d.zoneAbbrev == nil && d.seen&bit(kTZ) != 0 {
		return nil
	}
	if modifier {
		return errBadFormat
	}
	moment := d.f
	switch d.seen & maskDate {
	case maskDate:
	case 0:
		now := FromTimestampTZ(d.o.Now, d.o.Location)
		moment.Year, moment.Month, moment.Day = now.Year, now.Month, now.Day
	default:
		return errBadFormat
	}
	if d.zoneAbbrev != nil {
		d.f.Zone = Zone{abbrev: d.zoneAbbrev}.OffsetLocal(&moment)
	} else {
		d.f.Zone = ZoneOffset(&moment, d.o.Location)
	}
	return nil
}
