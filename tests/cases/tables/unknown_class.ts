@problemName X
@univariate true
@classLabel true N V
@data
1.5,2.5:N
1.5,3.5:V
1.5,2.5:Q
