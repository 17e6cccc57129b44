"""Operations: what people and schedules ask for."""
