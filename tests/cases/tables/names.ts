% a comment
@problemName Beats
@timeStamps false
@missing false
@univariate true
@equalLength true
@seriesLength 3
@classLabel true V N
@data
-1.5837,-2.3810,-0.6237:N
-2.0702,-2.6009,-0.5905:V
2.5077,1.8027,1.5910:N
-1.6684,0.2201,-1.3399:V
-1.9640,-2.3629,-1.7136:N
2.5649,1.9735,1.8399:V
1.8027,-1.8394,-1.1409:N
0.7619,1.3914,2.1279:V
2.2803,-2.4797,0.6351:N
1.0302,0.0357,-1.9333:V
-0.1585,-2.4639,2.6075:N
2.1929,0.2858,-1.1985:V
