/** How far a customer is as the crow flies, and how the phone's own map is asked to lead there. */
import { digits, t } from '../../text';
import type { Customer } from '../../wire/types';

export interface Place {
  lat: number;
  lon: number;
}

const EARTH_RADIUS_M = 6_371_000;

/** Metres on the great circle between two places (haversine). */
export function metres_between(one: Place, other: Place): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half_lat = Math.sin(radians(other.lat - one.lat) / 2);
  const half_lon = Math.sin(radians(other.lon - one.lon) / 2);
  const share = half_lat ** 2 + Math.cos(radians(one.lat)) * Math.cos(radians(other.lat)) * half_lon ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(share)));
}

/** As exact as it helps somebody who walks or drives: 40 m, 350 m, 1.2 km, 24 km. */
export function distance_text(metres: number): string {
  if (metres < 1_000) {
    const step = metres < 100 ? 10 : 50;
    return metres < 975 ? t('distance.metres', { metres: digits(String(Math.max(step, Math.round(metres / step) * step))) }) : t('distance.km', { km: digits('1') });
  }
  return t('distance.km', { km: digits(metres < 20_000 ? (metres / 1_000).toFixed(1) : String(Math.round(metres / 1_000))) });
}

export function place_of({ lat, lon }: Customer): Place | null {
  return typeof lat === 'number' && typeof lon === 'number' ? { lat, lon } : null;
}

/**
 * A link that leads there in one tap: the phone's own choice of map app on Android (`geo:`), Apple's maps on an iPhone,
 * which knows no `geo:`, and a map on the web elsewhere. '' when neither a position nor an address is known.
 */
export function way_link(customer: Customer, agent: string): string {
  const place = place_of(customer);
  const at = place ? `${place.lat},${place.lon}` : '';
  const where = at || customer.address || '';
  if (where === '') return '';
  const asked = encodeURIComponent(where);
  if (/Android/i.test(agent)) return at ? `geo:${at}?q=${at}(${encodeURIComponent(customer.name)})` : `geo:0,0?q=${asked}`;
  if (/iPhone|iPad/i.test(agent)) return `https://maps.apple.com/?daddr=${asked}`;
  return `https://www.google.com/maps/dir/?api=1&destination=${asked}`;
}
